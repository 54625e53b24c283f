"""How fast dead letters are replayed and purged, against a plain loop in the same run.

`python -m benchmarks.dlq_replay`; `make bench-dlq` runs it with the rest. A letter is read, its
task published, the letter deleted: end to end. The plain loop is nats-py's get_msg, publish,
delete_msg, over the first of as many letters.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from benchmarks.dlq_load import fill
from farutech_console.operations.alike import kinds_of
from farutech_console.operations.changes.plan import make_plan
from farutech_console.operations.changes.run_plan import run_pages
from farutech_console.operations.model import Plan, PlanKind
from tests.support.nats_server import NatsServer
from tests.support.operating import operated
from tests.support.queues import NAMES, Queue, queue
from tests.support.server_versions import Unavailable, find_binary, installed_version
from worker.event_loop import fast_loop
from worker.jetstream.messages import purge_subject
from worker.model.clock import SystemClock

VERSIONS = ("2.10.26", "2.12.8", installed_version())
WAYS: Mapping[str, tuple[str, PlanKind | None, int]] = {
    "all": ("replay of all", "replay", 1),
    "some": ("replay of every other", "replay", 2),
    "plan": ("plan of all", None, 1),
    "hard": ("purge of all, no archive", "purge_hard", 1),
    "purge": ("purge of all into the archive", "purge", 1),
}
"""Title, kind of plan (None: the plan itself), and every which letter; by what `--way` takes."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What one way did: letters/s, and µs of a core for each letter, ours and the server's."""

    title: str
    letters: int
    seconds: float
    ours: float
    servers: float

    @property
    def rate(self) -> float:
        """Letters/s."""
        return self.letters / self.seconds


async def timed(q: Queue, title: str, letters: int, work: Callable[[], Awaitable[int]]) -> Figure:
    """Do the work, which returns how many letters it did, and take the time."""
    before, began = _processor_seconds(q), time.perf_counter()
    done = await work()
    seconds, after = time.perf_counter() - began, _processor_seconds(q)
    assert done == letters, f"{title}: {done} of {letters}"
    ours, servers = (10**6 * (b - a) / letters for a, b in zip(before, after, strict=True))
    return Figure(title, letters, seconds, ours, servers)


async def plain_loop(q: Queue, sequences: Sequence[int]) -> int:
    """Replay as one would with nats-py and nothing else."""
    js = q.connection.client.jetstream()
    stream = q.layout.dead_letters.name
    for sequence in sequences:
        message = await js.get_msg(stream, sequence)
        task = json.loads(message.data or b"{}")["task"]
        await js.publish(NAMES.tasks, json.dumps(task).encode())
        await js.delete_msg(stream, sequence)
    return len(sequences)


async def planned(q: Queue, kind: PlanKind, which: Sequence[int] | None = None) -> Plan:
    """Plan for these letters, or for all."""
    return await make_plan(q.api, q.layout, kind, which, clock=SystemClock())


async def carried_out(q: Queue, plan: Plan) -> int:
    """Carry a plan out as the console does, audit and all; return how many letters it was."""
    done = ("replayed", "purged")
    kinds: Counter[str] = Counter()
    async for page in run_pages(operated(q), plan):
        kinds += kinds_of(page)
    return sum(kinds[kind] for kind in done)


async def measure(
    server: NatsServer, letters: int, plain: int, ways: Sequence[str]
) -> list[Figure]:
    """Measure each way on one server, among as many letters; the plain loop does the first few."""
    async with queue(server) as q:
        await fill(q, letters)
        few = (await planned(q, "replay")).sequences[:plain]
        figures = [await timed(q, "nats-py loop", plain, lambda: plain_loop(q, few))]
        for way in ways:
            await purge_subject(q.api, NAMES.stream, NAMES.tasks)
            await purge_subject(q.api, q.layout.dead_letters.name, NAMES.dlq)
            await fill(q, letters)
            figures.append(await _measured(q, way, letters))
    return figures


async def _measured(q: Queue, way: str, letters: int) -> Figure:
    title, kind, every = WAYS[way]
    if kind is None:
        return await timed(q, title, letters, partial(_count, q))
    plan = await planned(q, kind)
    if every > 1:
        plan = await planned(q, kind, plan.sequences[::every])
    return await timed(q, title, plan.count, partial(carried_out, q, plan))


async def _count(q: Queue) -> int:
    return (await planned(q, "replay")).count


def _processor_seconds(q: Queue) -> tuple[float, float]:
    own = os.times()
    server = Path(f"/proc/{q.server.pid}/stat").read_text().rpartition(")")[2].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return own.user + own.system, (int(server[11]) + int(server[12])) / ticks


@click.command()
@click.option("--letters", default=20_000, show_default=True, help="For each way.")
@click.option("--plain", default=300, show_default=True, help="Of these, for the plain loop.")
@click.option("--version", "versions", multiple=True, default=VERSIONS, show_default=True)
@click.option(
    "--way", "ways", multiple=True, type=click.Choice(list(WAYS)), default=list(WAYS), help="Only."
)
def main(letters: int, plain: int, versions: Sequence[str], ways: Sequence[str]) -> None:
    """Print a table of each way on each server."""
    click.echo(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    for version in versions:
        binary = find_binary(version)
        if isinstance(binary, Unavailable):
            click.echo(f"{version}: {binary.reason}")
            continue
        with (
            tempfile.TemporaryDirectory() as folder,
            NatsServer(Path(folder) / "nats", binary=binary) as server,
            asyncio.Runner(loop_factory=fast_loop()) as runner,
        ):
            figures = runner.run(measure(server, letters, plain, ways))
        for figure in figures:
            click.echo(
                f"{version:<8} {figure.title:<29} {figure.rate:>9,.0f}/s  "
                f"x{figure.rate / figures[0].rate:>6.1f}  "
                f"{figure.ours:>6.0f} µs ours  {figure.servers:>6.0f} µs the server's"
            )


if __name__ == "__main__":
    main()
