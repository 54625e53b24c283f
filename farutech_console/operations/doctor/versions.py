"""nats-server versions that are known to lose work-queue messages, and since when they do not.

From the server's own issues, pull requests and release tags; each entry names them. A version that
is not listed is not known to be free of faults.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from farutech_console.operations.doctor.model import Evidence, Finding, Severity

Version = tuple[int, int, int]
_ISSUES = "https://github.com/nats-io/nats-server/issues/"
_PULLS = "https://github.com/nats-io/nats-server/pull/"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of versions from `since` on and before `fixed`.

    `replicated` is whether only streams with several replicas have it.
    """

    since: Version
    fixed: Version
    severity: Severity
    what: str
    sources: tuple[str, ...]
    replicated: bool = False


FAULTS = (
    Fault(
        since=(2, 10, 14),
        fixed=(2, 10, 19),
        severity="problem",
        what="a work queue drops messages that no consumer takes, dead letters among them, once "
        "the consumer of other subjects has acked past them",
        sources=(f"{_ISSUES}5612", f"{_ISSUES}5638", f"{_PULLS}5639", f"{_PULLS}5697"),
        replicated=True,
    ),
    Fault(
        since=(2, 12, 0),
        fixed=(2, 12, 5),
        severity="problem",
        what="a replicated work queue drops tasks whose deliveries are spent, in place of keeping "
        "them (reported of 2.12.3 and 2.12.4)",
        sources=(f"{_ISSUES}7817", f"{_PULLS}7845"),
        replicated=True,
    ),
    Fault(
        since=(2, 12, 0),
        fixed=(2, 12, 3),
        severity="problem",
        what="a replicated stream can lose messages that were not written yet when the process was "
        "held up for long",
        sources=(f"{_PULLS}7594",),
        replicated=True,
    ),
    Fault(
        since=(2, 10, 0),
        fixed=(2, 11, 4),
        severity="warning",
        what="after a crash or power failure a work queue on disk can begin its sequences anew, "
        "while its consumer goes on from where it was: new tasks are not delivered",
        sources=(f"{_ISSUES}6881", f"{_PULLS}6882"),
    ),
)

OLDEST_TESTED: Version = (2, 10, 26)


def check_version(seen: Evidence) -> Iterator[Finding]:
    """Judge the server's version."""
    version = read_version(seen.server.version)
    if version is None:
        yield Finding(
            "note",
            f"nats-server {seen.server.version or '(unnamed)'} is of no version known here",
            "whether it is known to lose messages cannot be told",
            "compare with the server's release notes",
        )
        return
    replicas = max((c.get("num_replicas", 1) for c in seen.configs.values()), default=1)
    for fault in FAULTS:
        if fault.since <= version < fault.fixed and (replicas > 1 or not fault.replicated):
            yield Finding(
                fault.severity,
                f"nats-server {seen.server.version} has a known fault",
                fault.what,
                f"update the server to {_text(fault.fixed)} or later of its line",
                source=" ".join(fault.sources),
            )
    if version < OLDEST_TESTED:
        yield Finding(
            "note",
            f"nats-server {seen.server.version} is older than any this was tested on",
            f"{_text(OLDEST_TESTED)} and newer were",
            "update the server",
        )


def check_level(seen: Evidence) -> Iterator[Finding]:
    """Judge what the server's API can do."""
    missing = [
        (1, "pause and resume, reading letters in batches (2.11)"),
        (3, "replay in one atomic batch (2.12)"),
    ]
    lacks = [what for level, what in missing if seen.server.api_level < level]
    if lacks:
        yield Finding(
            "note",
            f"nats-server {seen.server.version} lacks {' and '.join(lacks)}",
            "everything else works; replays go claim by claim, and slower",
            "update the server when it suits",
        )


def read_version(text: str) -> Version | None:
    """Return the numbers of a version such as `2.12.8` or `2.11.0-RC.1`."""
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def _text(version: Version) -> str:
    return ".".join(map(str, version))
