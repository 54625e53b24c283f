"""Whether tasks in backoff slow healthy ones down: two queues, one worker each, turn by turn.

One queue has 20,000 tasks in backoff and the other none, each on a server of its own that is idle
while the other is measured. A round is a portion of tasks through each, in an order that changes
from round to round; both workers run all the time, and a pause of the consumer holds them until a
portion is stored. What else the machine does so hits both alike, and the median over many pairs
says more than two long runs do.
"""

from __future__ import annotations

import contextlib
import itertools
import statistics
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.worker_load import NAMES, Pace, fresh_queue, measure, publish, put_off, running
from tests.support.nats_server import NatsServer
from worker.jetstream.connect.connection import Connection, connect
from worker.jetstream.fleet.pause import pause_consumer
from worker.model.link import ConnectionOptions

DELAYED = 20_000
PORTION = 20_000
"""Healthy tasks that go through each queue in one round."""
WANTED = 0.9


@dataclass(frozen=True, slots=True)
class Side:
    """A queue with `delayed` tasks in backoff, its server, and the worker that empties it."""

    connection: Connection
    server: NatsServer
    pids: list[int]
    delayed: int

    async def pace(self, first: int) -> Pace:
        """Return how fast a portion of tasks goes, which begins at number `first`."""
        api = self.connection.api
        await pause_consumer(api, NAMES, datetime.now(UTC) + timedelta(hours=1))
        await publish(self.connection, PORTION, first)
        await pause_consumer(api, NAMES, None)
        return await measure(self.connection, PORTION, self.pids, self.server.pid, self.delayed)


async def measured(command: Sequence[str], rounds: int) -> str:
    """Return the table of so many rounds of a worker that `command` starts, without its server."""
    async with _side(command, 0) as plain, _side(command, DELAYED) as delayed:
        pairs: list[tuple[Pace, Pace]] = []
        firsts = itertools.count(DELAYED, PORTION)
        # The first pair warms up.
        for turn in range(rounds + 1):
            order = (plain, delayed) if turn % 2 else (delayed, plain)
            first = next(firsts)
            found = {side.delayed: await side.pace(first) for side in order}
            pairs.append((found[0], found[DELAYED]))
        return _table(pairs[1:])


@contextlib.asynccontextmanager
async def _side(command: Sequence[str], delayed: int) -> AsyncIterator[Side]:
    with tempfile.TemporaryDirectory() as folder, NatsServer(Path(folder)) as server:
        options = ConnectionOptions(servers=(server.url,), name="benchmark")
        async with connect(options, within=10) as connection:
            await fresh_queue(connection)
            if delayed:
                await put_off(connection, delayed)
            with running([*command, "--server", server.url]) as pids:
                yield Side(connection, server, pids, delayed)


def _table(pairs: Sequence[tuple[Pace, Pace]]) -> str:
    rates = sorted(delayed.rate / plain.rate for plain, delayed in pairs)
    costs = sorted(plain.cpu / delayed.cpu for plain, delayed in pairs if delayed.cpu)
    lines = [
        f"\n{len(pairs)} pairs of {PORTION:,} tasks, turn by turn, "
        f"with {DELAYED:,} tasks in backoff and without:\n",
        "| | median | middle half | least | most | wanted |",
        "|---|---:|---:|---:|---:|---:|",
        f"| times as fast | {_spread(rates)} | {WANTED:.2f} |",
    ]
    if costs:
        lines.append(f"| by processor time | {_spread(costs)} | {WANTED:.2f} |")
    return "\n".join(lines)


def _spread(ratios: Sequence[float]) -> str:
    quarter = len(ratios) // 4
    middle = f"{ratios[quarter]:.2f} to {ratios[-1 - quarter]:.2f}"
    return f"{statistics.median(ratios):.2f} | {middle} | {ratios[0]:.2f} | {ratios[-1]:.2f}"
