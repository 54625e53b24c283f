"""Replays on a queue of a test, and what they leave behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.support.queues import NAMES, LayoutKind, Queue
from worker.jetstream.replays.claims import Author
from worker.jetstream.replays.replayer import Replayed, Replayer
from worker.jetstream.topology.layout import ensure_claims
from worker.model.clock import SystemClock

LAYOUTS: Sequence[LayoutKind] = ("fresh", "go")


def replayer(q: Queue, run: str = "run-1", by: str = "ops@host") -> Replayer:
    return Replayer(q.api, q.layout, Author(by, run), clock=SystemClock())


async def replay(q: Queue, sequences: Sequence[int], run: str = "run-1") -> list[Replayed]:
    return [outcome async for outcome in replayer(q, run).run(sequences)]


def results(outcomes: Sequence[Replayed]) -> dict[str, int]:
    return Counter(outcome.result for outcome in outcomes)


async def left_behind(q: Queue) -> dict[str, int]:
    """Whatever lies on the server beside the tasks."""
    everything: dict[str, int] = {}
    for stream in {NAMES.stream, q.layout.dead_letters.name, await ensure_claims(q.api, q.layout)}:
        everything |= await q.counts(stream)
    everything.pop(NAMES.tasks, None)
    return everything
