"""Check of what our user may do on the server: told by the server, nothing is tried that writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from farutech_console.operations.doctor.model import Evidence, Finding, Permissions, Severity
from worker.jetstream.fleet.service import SERVICE
from worker.model.topology_found import covers

Direction = Literal["publish", "subscribe"]


@dataclass(frozen=True, slots=True)
class Need:
    """Something that we do on a subject, and what fails without."""

    direction: Direction
    subject: str
    fails: str
    severity: Severity
    writes: bool = False


def needs(seen: Evidence) -> tuple[Need, ...]:
    """Return all that the console does on the server."""
    names, api = seen.names, seen.api_prefix
    home = (seen.found.dlq_home if seen.found else "") or names.dlq_stream
    reads = ("STREAM.NAMES", *(f"STREAM.INFO.{x}" for x in sorted({names.stream, home})))
    reads += (f"STREAM.MSG.GET.{home}", f"STREAM.MSG.GET.{names.stream}")
    reads += (f"CONSUMER.INFO.{names.stream}.{names.consumer}", f"CONSUMER.LIST.{names.stream}")
    claim = names.replay_claim("0", 1)
    ack = f"$JS.ACK.{names.stream}.{names.consumer}.>"
    return (
        *(Need("publish", f"{api}.{x}", "most of what is shown", "problem") for x in reads),
        Need("publish", names.tasks, "replay", "warning", writes=True),
        Need("publish", claim, "replay", "warning", writes=True),
        Need("publish", f"{api}.STREAM.MSG.DELETE.{home}", "replay, purge", "warning", writes=True),
        Need(
            "publish",
            f"{api}.STREAM.MSG.GET.{names.archive_stream}",
            "replay, purge, undo",
            "warning",
            writes=True,
        ),
        Need("publish", names.dlq, "undo, import, stuck recover", "warning", writes=True),
        Need("publish", names.archive("1-1"), "purge with undo", "warning", writes=True),
        Need(
            "publish",
            names.audit("replay"),
            "every change: none without a record",
            "warning",
            writes=True,
        ),
        Need(
            "publish",
            f"{api}.CONSUMER.PAUSE.{names.stream}.{names.consumer}",
            "pause, resume",
            "note",
            writes=True,
        ),
        Need("publish", f"$SRV.STATS.{SERVICE}", "finding workers", "note"),
        Need("publish", "$SYS.REQ.ACCOUNT.PING.CONNZ", "finding Go workers", "note"),
        Need("subscribe", f"{seen.inbox_prefix}.>", "everything: answers", "problem"),
        Need("subscribe", names.events("*"), "live events", "note"),
        Need("subscribe", ack, "rates, and live events of Go workers", "note"),
        Need("subscribe", names.tasks, "rates, and live events of Go workers", "note"),
        Need("subscribe", names.dlq, "rates, and live events of Go workers", "note"),
    )


def check_permissions(seen: Evidence) -> Iterator[Finding]:
    """Tell what our user may not do."""
    for what, why in sorted(seen.refused.items()):
        yield Finding(
            "problem",
            f"{what} could not be asked",
            why,
            "see what the user of this console may publish to, and whether the server is well",
        )
    if seen.permissions is None:
        yield Finding(
            "note",
            "the server does not tell what our user may do",
            "what is missing shows only where it is needed",
            "let the user of this console publish to $SYS.REQ.USER.INFO",
        )
        return
    for need in needs(seen):
        if (need.writes and seen.read_only) or may(seen.permissions, need):
            continue
        who = f"user {seen.permissions.user}" if seen.permissions.user else "our user"
        yield Finding(
            need.severity,
            f"{who} may not {need.direction} to {need.subject}",
            f"this fails: {need.fails}",
            f"have the server's configuration allow it to {need.direction} there"
            + ("; or use --read-only" if need.writes else ""),
        )


def may(permissions: Permissions, need: Need) -> bool:
    """Return whether the user may do all of it."""
    if need.direction == "publish":
        allow, deny = permissions.publish_allow, permissions.publish_deny
    else:
        allow, deny = permissions.subscribe_allow, permissions.subscribe_deny
    if allow and not _any(allow, need.subject):
        return False
    return not _any(deny, need.subject)


def _any(patterns: Iterable[str], subject: str) -> bool:
    # A queue permission is "subject queue".
    return any(covers(pattern.split()[0], subject) for pattern in patterns if pattern.split())
