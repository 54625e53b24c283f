"""`farutech-console audit`: what operators changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import click

from farutech_console.commands import output
from farutech_console.commands.ages import long_ago
from farutech_console.commands.output import json_flag
from farutech_console.commands.session import EXIT_DONE, EXIT_FAILED, run
from farutech_console.operations.actions import WRITES
from farutech_console.settings import ConsoleSettings
from worker.flags import settings_flags
from worker.model.clock import SystemClock
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.audit.log import AuditEntry
    from farutech_console.operations.live.backend import LiveBackend

SHOWN = 20
SHOWN_ID = 8

_STATES = {"open": "not ended", "finished": "interrupted"}


@click.command()
@click.argument("change", required=False, default="")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=SHOWN,
    show_default=True,
    help="At most this many changes, 0 for all.",
)
@click.option(
    "--action", type=click.Choice([action.name for action in WRITES]), help="Of this kind only."
)
@click.option("--by", default="", help="Of those only whose user@host has this in it.")
@json_flag
@settings_flags(ConsoleSettings)
def audit(
    *,
    change: str,
    limit: int,
    action: str | None,
    by: str,
    as_json: bool,
    **given: Any,
) -> None:
    """Show what operators changed, the latest first: who, when, what, why, and how it ended.

    CHANGE is the beginning of an id: all of that one change. A change that is "not ended" is under
    way, or was interrupted. Where "nothing is half done" nobody has anything to finish: each of its
    letters is where it was, or done with. Else a worker or the next console finishes what it had
    begun, and it says who did.

    With --json a line for each change: id, action, by, from, began_at, ended_at, state (done,
    stopped, failed, finished, open), about, why, count, sequences, sequences_cut, generation,
    fingerprint, outcomes, failures, error, command, details, finished,
    half_done.
    """

    async def work(backend: LiveBackend, _stop: asyncio.Event) -> int:
        from farutech_console.operations.audit.half_done import HalfDone
        from farutech_console.operations.audit.log import Wanted, entry_record, read_audit

        found: list[AuditEntry] = []
        wanted = Wanted(action or "", by, change)
        queue = backend.queue()
        async with aclosing(read_audit(queue, wanted, HalfDone(queue))) as entries:
            async for entry in entries:
                found.append(entry)
                if as_json:
                    output.json_line(entry_record(entry))
                if len(found) == limit:
                    break
        if not found and not as_json:
            output.say(_none_words(change, narrowed=bool(action or by)))
        elif not as_json:
            _print(found, whole=bool(change))
        return EXIT_FAILED if change and not found else EXIT_DONE

    run(given, work)


def _none_words(change: str, *, narrowed: bool) -> str:
    if change:
        return f"No change on record has an id that begins with {literal(change, 40)}."
    return "No change on record matches." if narrowed else "No changes are on record."


def _print(entries: list[AuditEntry], *, whole: bool) -> None:
    if whole:
        for entry in entries:
            _print_whole(entry)
        return
    rows = [_row(entry) for entry in entries]
    titles = ("id", "when", "who", "what", "letters", "outcome", "why")
    output.table(titles, rows, (SHOWN_ID, 16, 28, 15, 9, 120, 400))


def _row(entry: AuditEntry) -> tuple[str, ...]:
    ago = long_ago(entry.began_at, SystemClock().now())
    return (
        entry.id,
        ago,
        entry.by,
        entry.action,
        f"{entry.count:,}" if entry.count else "",
        outcome_words(entry),
        entry.why or entry.about,
    )


def outcome_words(entry: AuditEntry) -> str:
    """Return how a change ended: its state unless that is plain, outcomes, who finished it."""
    counts = _counts(entry.outcomes)
    state = _STATES.get(entry.state, entry.state)
    ended = counts if counts and entry.state == "done" else " ".join(filter(None, (state, counts)))
    finished = (
        f"finished by {one.by} at {one.at:%Y-%m-%d %H:%M:%S} UTC: {_counts(one.outcomes)}"
        for one in entry.finished
    )
    return ", ".join((ended, *finished, *_half_done(entry)))


def _half_done(entry: AuditEntry) -> Iterator[str]:
    """Yield what an open change has left for others to finish, where that can be told."""
    if entry.half_done is not None:
        yield f"{entry.half_done:,} half done" if entry.half_done else "nothing is half done"


def _counts(outcomes: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in outcomes.items() if count)


def _print_whole(entry: AuditEntry) -> None:
    from farutech_console.operations.audit.log import entry_record

    for key, value in entry_record(entry).items():
        if value in (None, "", 0, False, {}, []):
            continue
        for part in value if isinstance(value, list) else [value]:
            words = _pairs(part) if isinstance(part, dict) else str(part)
            click.echo(f"{key:<12} {literal(words)}")


def _pairs(value: dict[str, Any]) -> str:
    return ", ".join(
        f"{name} {_pairs(content) if isinstance(content, dict) else content}"
        for name, content in value.items()
    )
