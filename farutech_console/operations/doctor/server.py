"""Checks of the server beside its version: clock, copies, storage."""

from __future__ import annotations

from collections.abc import Iterator

from farutech_console.operations.doctor.model import Evidence, Finding
from farutech_console.operations.units import duration, size
from farutech_console.operations.watch.verdict import SKEW

FULL = 0.8
"""Share of the account's storage from which it counts as nearly full."""


def check_clock(seen: Evidence) -> Iterator[Finding]:
    """Judge the clocks."""
    if seen.skew is None or abs(seen.skew) <= SKEW + seen.skew_margin:
        return
    ahead = "ahead of" if seen.skew > 0 else "behind"
    yield Finding(
        "warning",
        f"the server's clock is {duration(abs(seen.skew))} {ahead} ours",
        "ages, and when letters expire, are shown wrongly by as much here; what is done is not "
        "affected: leases and pauses go by the server's clock",
        "set the clocks right (NTP) here and there",
    )


def check_replicas(seen: Evidence) -> Iterator[Finding]:
    """Judge how many copies there are."""
    single = sorted(n for n, c in seen.configs.items() if c.get("num_replicas", 1) == 1)
    if not single:
        return
    if seen.clustered:
        yield Finding(
            "warning",
            f"{', '.join(single)}: one copy, in a cluster",
            "while the server that holds it is away nothing is delivered, and with its disk the "
            "tasks and letters are gone",
            "have three copies; it takes effect while everything runs",
            "farutech-worker topology apply --replicas 3",
        )
    else:
        yield Finding(
            "note",
            "one server, one copy",
            "while it is away nothing is delivered; its disk is the only copy of every task",
            "back its store up, or run a cluster of three",
        )


def check_storage(seen: Evidence) -> Iterator[Finding]:
    """Judge where it is kept, and how much room there is."""
    for name, config in sorted(seen.configs.items()):
        if config.get("storage") == "memory":
            yield Finding(
                "problem",
                f"{name} lies in memory",
                "a restart of the server loses all of it",
                "drain it, delete it, and have it created on disk",
                "farutech-worker topology plan",
            )
    account = seen.account
    if account and account.max_storage and account.storage >= FULL * account.max_storage:
        yield Finding(
            "problem" if account.storage >= account.max_storage else "warning",
            f"the account uses {size(account.storage)} of {size(account.max_storage)} on disk",
            "once it is full publishing fails: tasks are refused, and failed tasks cannot be set "
            "aside",
            "make room (purge letters that are done with), or raise the account's limit",
            "farutech-console dlq purge --dry-run --all",
        )
