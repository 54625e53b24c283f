"""Checks of the streams: there at all, as declared, direct get, message TTL, the side streams."""

from __future__ import annotations

from collections.abc import Iterator

from farutech_console.operations.doctor.model import Evidence, Finding

PLAN = "farutech-worker topology plan"
APPLY = "farutech-worker topology apply"
_TTL_MEASURED = "measured on nats-server 2.11.11, 2.12.8, 2.14.6 and 2.15.1"
_ELSEWHERE = ("max ack pending", "max deliver", "ack wait", "atomic replay", "direct get")
"""Settings that have a check of their own."""


def check_queue(seen: Evidence) -> Iterator[Finding]:
    """Judge whether queue and dead letters are there."""
    names = seen.names
    if seen.found is None:
        return
    work_queue = seen.found.streams.get(names.stream)
    if work_queue is None:
        yield Finding(
            "problem",
            f"there is no stream {names.stream}",
            "nobody can publish or run a task",
            "have what is missing created; or check --stream and the account",
            APPLY,
        )
        return
    if work_queue.spec.retention != "workqueue":
        yield Finding(
            "problem",
            f"{names.stream} is not a work queue (retention {work_queue.spec.retention})",
            "tasks stay after they are done, and stuck tasks cannot be told from finished ones",
            "drain it, delete it, and have it created anew",
            PLAN,
        )
    if not seen.found.dlq_home:
        yield Finding(
            "problem",
            f"no stream takes {names.dlq}",
            "failed tasks cannot be set aside: our workers keep trying, Go workers lose them",
            "have it created",
            APPLY,
        )


def check_drift(seen: Evidence) -> Iterator[Finding]:
    """Tell how the server differs from what is declared."""
    if seen.found is None or seen.names.stream not in seen.found.streams:
        return
    absent = 0
    for difference in seen.differences:
        if any(difference.what.endswith(f": {label}") for label in _ELSEWHERE):
            continue
        if difference.actual == "missing" and difference.what.endswith(": stream"):
            absent += 1
            continue
        refused = f" It is not applied: {difference.reason}." if difference.reason else ""
        yield Finding(
            "note",
            f"{difference.what}: {difference.actual}; declared: {difference.declared}",
            f"If applied: {difference.effect}.{refused}",
            "see the plan, and apply it where it suits",
            PLAN,
        )
    if absent:
        yield Finding(
            "note",
            f"{absent} side streams are missing",
            _absent(seen),
            "have them created: it touches nothing that is there",
            APPLY,
        )


def _absent(seen: Evidence) -> str:
    names = seen.names
    without = {
        names.audit_stream: "no record of changes until the first one makes it",
        names.archive_stream: "no undo of a purge until the first one makes it",
        names.events_stream: "no history of tasks",
        names.advisories_stream: "stuck tasks beside others in flight are not told apart",
        names.ledger_stream: "no memory of finished tasks, so a redelivered one can run twice",
    }
    streams = seen.found.streams if seen.found else {}
    return "; ".join(
        f"{stream}: {meaning}" for stream, meaning in without.items() if stream not in streams
    )


def check_direct(seen: Evidence) -> Iterator[Finding]:
    """Judge whether letters can be read in batches."""
    home = seen.found.dlq_home if seen.found else ""
    config = seen.configs.get(home)
    if config is not None and not config.get("allow_direct") and seen.server.api_level >= 1:
        yield Finding(
            "note",
            f"direct get is off for {home}",
            "dead letters are read one by one, four to ten times slower",
            "have it turned on; Go workers that only create what is missing do not mind",
            PLAN,
        )


def check_ttl(seen: Evidence) -> Iterator[Finding]:
    """Judge per-message TTLs: `never` does not outlive a restart where the stream has a max age."""
    home = seen.found.dlq_home if seen.found else ""
    for name, config in sorted(seen.configs.items()):
        if not (config.get("allow_msg_ttl") and config.get("max_age")):
            continue
        if config.get("subject_delete_marker_ttl"):
            continue
        marked = [x for x in seen.sampled_letters if name == home and _lasting(x.headers)]
        yield Finding(
            "problem" if marked else "warning",
            f"{name} has a max age and per-message TTLs",
            "messages kept with `Nats-TTL: never` are deleted when the server next starts"
            + (f": {len(marked)} of the newest letters carry it" if marked else ""),
            "keep dead letters in a stream of their own, without a max age",
            APPLY,
            source=_TTL_MEASURED,
        )


def _lasting(headers: object) -> bool:
    if not isinstance(headers, dict):
        return False
    return any(k.lower() == "nats-ttl" and str(v).lower() == "never" for k, v in headers.items())
