"""A day of the console in a minute, or in more: does its memory stay what it is?

The clock of the console runs fast, it polls as often as it can, 2,000 task events a second come in,
and an operator goes round all rooms, opens letters, filters them and reads the help, again and
again. What the server holds stays the same size, so that nothing has a reason to grow once the
rings of samples and of events are full.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.console_pty import Screen, console
from benchmarks.worker_load import memory
from worker.jetstream.connect.connection import connect
from worker.model.link import ConnectionOptions

SOAKED = "benchmarks.console_soak"
DAY_S = 86_400.0
HOURS = 24
ESCAPE = "\x1b"
ROUND = ("1", "t", "2", "3", "/", "error:~timeout\r", ESCAPE, "\r", ESCAPE, "4", "5", "?", ESCAPE)
"""What the operator types, time after time."""
KEPT_BYTES = 10_000
"""Of what was written, so that an end that nobody asked for can be read."""
LEAST_REST_S = 0.1
ROUNDS = 40
"""Rounds in a day, about."""
WARM_S = 10.0
"""Seconds of polls, events and keys before the day begins."""
TOLD = 8
"""Moments of which the memory is printed."""
GROWTH_MIB = 2.0
"""More than this, from the middle third of the day to its last, is growth."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Resident MiB, `at` hours into the day."""

    at: float
    mib: float


def a_day(flags: Sequence[str], url: str, seconds: float) -> None:
    """Let a day pass in so many seconds, and print what became of the memory."""
    with console((str(DAY_S / seconds), *flags), program=SOAKED) as screen:
        screen.wait_for("live ")
        _go_round(screen, WARM_S, WARM_S)
        before = asyncio.run(_requests(url))
        samples = _go_round(screen, seconds, seconds)
        asked = asyncio.run(_requests(url)) - before
    rounds = len(samples) - 1
    print(f"soak, a day in {seconds:.0f} s: {rounds} rounds, {asked:,} requests to JetStream")
    for sample in _told(samples):
        print(f"  {sample.at:4.1f} h  {sample.mib:6.1f} MiB")
    print(verdict(samples))


def verdict(samples: Sequence[Sample]) -> str:
    """Return in words by how much the memory grew, and whether that is growth."""
    third = len(samples) // 3
    middle, last = samples[third : 2 * third], samples[2 * third :]
    rise = statistics.median(s.mib for s in last) - statistics.median(s.mib for s in middle)
    between = statistics.mean(s.at for s in last) - statistics.mean(s.at for s in middle)
    said = "no growth" if rise <= GROWTH_MIB else "GROWTH"
    return (
        f"  {said}: {rise:+.1f} MiB from the middle third to the last (medians), "
        f"{rise / between:+.2f} MiB an hour; up to {GROWTH_MIB:g} MiB counts as none"
    )


def _go_round(screen: Screen, seconds: float, day: float) -> list[Sample]:
    """Type the round again and again; return the memory before it and after each."""
    samples = [Sample(0.0, memory(screen.pid) / 2**20)]
    rest = max(LEAST_REST_S, day / ROUNDS / len(ROUND))
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        for keys in ROUND:
            screen.send(keys)
            screen.rest(rest)
        del screen.written[:-KEPT_BYTES]
        passed = time.monotonic() - began
        samples.append(Sample(passed / day * HOURS, memory(screen.pid) / 2**20))
    return samples


def _told(samples: Sequence[Sample]) -> list[Sample]:
    step = max(1, len(samples) // TOLD)
    return list(itertools.islice(samples, 0, None, step))


async def _requests(url: str) -> int:
    """Return how many requests the server's JetStream had so far."""
    async with connect(ConnectionOptions(servers=(url,), name="count"), within=10) as connection:
        return int((await connection.api.request("INFO"))["api"]["total"])
