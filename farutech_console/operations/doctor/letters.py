"""Checks of what failed: letters that expire, stuck tasks, replays that were interrupted."""

from __future__ import annotations

from collections.abc import Iterator

from farutech_console.operations.doctor.model import Evidence, Finding
from farutech_console.operations.doctor.streams import APPLY
from farutech_console.operations.units import age, count, duration, full_time, plural

SOON = 6 * 3600.0
"""Seconds before expiry from which it is urgent."""


def check_expiry(seen: Evidence) -> Iterator[Finding]:
    """Judge whether dead letters are dropped by age, and when."""
    dead = seen.status.dead_letters if seen.status else None
    if dead is None or dead.max_age is None:
        return
    kept = duration(dead.max_age)
    if not dead.depth or dead.oldest_at is None:
        yield Finding(
            "note",
            f"dead letters in {dead.stream} are kept for {kept}",
            "after that a failed task is gone without a trace",
            "move them to a stream of their own, without a max age",
            APPLY,
        )
        return
    left = dead.max_age - age(dead.oldest_at, seen.now)
    yield Finding(
        "problem" if left < SOON else "warning",
        f"the oldest of {plural(dead.depth, 'dead letter')} expires in {duration(left)}",
        f"{dead.stream} drops messages after {kept}: the server deletes the letter, and with it "
        "the only trace of the task",
        "replay or export them before, and move them to a stream of their own",
        APPLY,
    )


def check_stuck(seen: Evidence) -> Iterator[Finding]:
    """Judge tasks whose deliveries are spent."""
    stuck = seen.stuck
    if stuck is None or stuck.tally.most == 0:
        return
    least, most = stuck.tally.least, stuck.tally.most
    if least == 0:
        yield Finding(
            "note",
            f"up to {plural(most, 'task')} may be stuck",
            "tasks came and went while they were counted",
            "look again when it is calmer",
            "farutech-console stuck list",
        )
        return
    many = count(least) if least == most else f"{count(least)} to {count(most)}"
    noun = "task is" if least == most == 1 else "tasks are"
    yield Finding(
        "problem",
        f"{many} {noun} stuck: deliveries spent",
        f"nobody will get them again, and they do not show as pending; {stuck.told}",
        "move them to the dead letters, or back to work",
        "farutech-console stuck recover",
    )


def check_replays(seen: Evidence) -> Iterator[Finding]:
    """Judge claims of replays that lie there."""
    if seen.found is None or not seen.found.open_claims:
        return
    replays = plural(seen.found.open_claims, "replay")
    yield Finding(
        "warning",
        f"{replays} under way, or interrupted",
        "where nobody replays at the moment a console or server died: the task may have been sent, "
        "its letter still lies there",
        "open the console, or replay any letter: either finishes what was interrupted, once, and "
        "says what nobody can tell of; a worker of ours finishes what was sent",
        "farutech-console audit",
    )


def check_backlog(seen: Evidence) -> Iterator[Finding]:
    """Judge whether tasks get old enough to be dropped."""
    status = seen.status
    if status is None or status.work_queue.max_age is None or status.tasks == 0:
        return
    oldest = status.work_queue.first_time
    if oldest is None:
        return
    left = status.work_queue.max_age - age(oldest, seen.now)
    if left < SOON:
        yield Finding(
            "problem",
            f"the oldest message of {status.work_queue.name} expires in {duration(left)}",
            f"it lies there since {full_time(oldest)}; the server deletes it then, done or not",
            "see why it waits, and have workers take it before",
            "farutech-console status",
        )
