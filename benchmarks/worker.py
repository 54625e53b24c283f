"""How many tasks a worker runs, against peers in the same run: `make bench-worker`.

Each row is a process (or two) that runs tasks with a handler that does nothing, on one nats-server
on this machine, the server included in what the machine does meanwhile. Rounds are interleaved,
so that what else the machine does hits all rows alike; a ratio is that of one round, its median is
shown. FastStream is measured where it is installed: `pip install 'farutech-console[bench]'`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import click

from benchmarks import worker_backoff
from benchmarks.cores import slowed_by_a_second
from benchmarks.latencies import LATENCIES
from benchmarks.worker_load import (
    NAMES,
    Pace,
    fresh_queue,
    measure,
    memory,
    publish,
    running,
    task_body,
    tasks_told,
    until_done,
)
from tests.support.nats_server import NatsServer
from worker.jetstream.connect.connection import Connection, connect
from worker.model.link import ConnectionOptions

BASE = "bare"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what runs, in how many processes, on which share of the tasks.

    What `talks` logs each task, which nobody is to read.
    """

    title: str
    command: tuple[str, ...]
    processes: int = 1
    share: float = 1.0
    talks: bool = False


QUIET = ("worker", "run", "--log-level", "warning", "--http", "127.0.0.1:0")
# As many at once as the peers fetch.
WORKER = (*QUIET, "--handlers", "benchmarks.worker_handlers", "--concurrency", "100")
# Few at once, so that no core is the limit.
WAITING = (*QUIET, "--handlers", "benchmarks.worker_waiting", "--concurrency", "4", "--no-ledger")
ROWS: Mapping[str, Row] = {
    BASE: Row("nats-py: fetch(100) and ack", ("benchmarks.worker_peers", "bare")),
    "faststream": Row(
        "FastStream: pull, batch 100, pydantic", ("benchmarks.worker_peers", "faststream")
    ),
    "plain": Row("farutech-worker, no ledger, no events", (*WORKER, "--no-ledger", "--no-events")),
    "worker": Row("farutech-worker, no ledger", (*WORKER, "--no-ledger")),
    "logged": Row(
        "farutech-worker, no ledger, a log line for each task",
        (*WORKER, "--no-ledger", "--log-level", "info"),
        talks=True,
    ),
    "two": Row("farutech-worker, no ledger, two processes", (*WORKER, "--no-ledger"), processes=2),
    "ledger": Row("farutech-worker", WORKER),
    "waits": Row("farutech-worker, handlers wait 2 ms, 4 at once", WAITING, share=0.05),
    "waits-two": Row(
        "farutech-worker, handlers wait 2 ms, 4 at once, two processes",
        WAITING,
        processes=2,
        share=0.1,
    ),
}
"""The rows of the table, by the names that `--row` takes."""
TIMED = {
    "nats-py: fetch(1) and ack": ("benchmarks.worker_peers", "timed"),
    "farutech-worker": WORKER,
}
"""What is timed from a task's enqueuing to its handling."""
COMPARED = (
    ("worker", "bare", 1.0),
    ("worker", "faststream", 3.0),
    ("ledger", "bare", 1 / 3),
    ("two", "worker", 1.7),
    ("waits-two", "waits", 1.7),
)
"""What is to be how many times as fast as what."""


@click.command()
@click.option("--count", default=100_000, show_default=True, help="tasks for each row and round")
@click.option("--rounds", default=2, show_default=True, help="how often all rows are measured")
@click.option("--row", "chosen", multiple=True, type=click.Choice(list(ROWS)), help="only these")
@click.option("--backoff", default=10, show_default=True, help="pairs beside tasks in backoff")
@click.option("--latency/--no-latency", default=True, help="from enqueue to handler, idle system")
@click.option("--memory", "soak", default=0, help="memory over so many tasks (0: not measured)")
def main(
    *, count: int, rounds: int, chosen: tuple[str, ...], backoff: int, latency: bool, soak: int
) -> None:
    """Measure and print."""
    names = [name for name in ROWS if not chosen or name in chosen]
    if "faststream" in names and find_spec("faststream") is None:
        names.remove("faststream")
        print("FastStream is left out: `make bench-worker` installs it, or the extra `bench`.")
    asyncio.run(_run(names, count, rounds, latency=latency, soak=soak))
    if backoff:
        print(asyncio.run(worker_backoff.measured(ROWS["worker"].command, backoff)))


async def _run(names: list[str], count: int, rounds: int, *, latency: bool, soak: int) -> None:
    with tempfile.TemporaryDirectory() as folder, NatsServer(Path(folder)) as server:
        options = ConnectionOptions(servers=(server.url,), name="benchmark")
        async with connect(options, within=10) as connection:
            print(_setting(server, count, rounds))
            if rounds:
                paces: dict[str, list[Pace]] = {name: [] for name in names}
                for _ in range(rounds):
                    for name in names:
                        paces[name].append(await _pace(connection, server, ROWS[name], count))
                print(_table(paces))
                print(_comparisons(paces))
            if latency:
                print("\nenqueue to handler start, idle system:")
                for title, command in TIMED.items():
                    took = await _latencies(connection, server, Path(folder), command)
                    print(_latency_words(title, took))
            if soak:
                await _soak(connection, server, soak)


async def _pace(connection: Connection, server: NatsServer, row: Row, count: int) -> Pace:
    count = int(count * row.share)
    await fresh_queue(connection)
    await publish(connection, count)
    log = subprocess.DEVNULL if row.talks else None
    with running(_command(row.command, server), row.processes, log) as pids:
        pace = await measure(connection, count, pids, server.pid)
    if row.command[0] == "worker" and "--no-events" not in row.command:
        missing = count - await tasks_told(connection)
        if missing:
            print(f"{row.title}: of {missing:,} tasks no event is stored")
    return pace


def _command(command: Sequence[str], server: NatsServer) -> list[str]:
    if command[0] == "worker":
        return [*command, "--server", server.url]
    return [*command, server.url]


def _setting(server: NatsServer, count: int, rounds: int) -> str:
    python = ".".join(map(str, sys.version_info[:3]))
    peers = [f"nats-py {version('nats-py')}", f"uvloop {version('uvloop')}"]
    with contextlib.suppress(PackageNotFoundError):
        peers.append(f"FastStream {version('faststream')}")
    return (
        f"{count:,} tasks of {len(task_body(0))} bytes, {rounds} rounds, nats-server "
        f"{server.version}, Python {python}, {', '.join(peers)}\n"
        f"{os.cpu_count()} cores; beside a busy one another takes {slowed_by_a_second():.2f} times "
        "the processor time for the same work"
    )


def _table(paces: Mapping[str, list[Pace]]) -> str:
    lines = [
        "| | tasks/s | of bare | µs of a core per task | the server's |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, measured in paces.items():
        rate = statistics.median(pace.rate for pace in measured)
        cpu = statistics.median(pace.worker_cpu for pace in measured) * 1e6
        server = statistics.median(pace.server_cpu for pace in measured) * 1e6
        ratio = "-"
        if BASE in paces:
            pairs = zip(measured, paces[BASE], strict=True)
            ratio = f"{statistics.median(pace.rate / base.rate for pace, base in pairs):.2f}"
        lines.append(f"| {ROWS[name].title} | {rate:,.0f} | {ratio} | {cpu:.0f} | {server:.0f} |")
    return "\n".join(lines)


def _comparisons(paces: Mapping[str, list[Pace]]) -> str:
    lines = ["", "| | | times as fast | processor time | wanted |", "|---|---|---:|---:|---:|"]
    for name, other, wanted in COMPARED:
        if name in paces and other in paces:
            pairs = list(zip(paces[name], paces[other], strict=True))
            rate = statistics.median(one.rate / two.rate for one, two in pairs)
            cpu = statistics.median(two.cpu / one.cpu for one, two in pairs)
            titles = f"| {ROWS[name].title} | {ROWS[other].title} "
            lines.append(f"{titles}| {rate:.2f} | {cpu:.2f} | {wanted:.2f} |")
    return "\n".join(lines)


async def _latencies(
    connection: Connection, server: NatsServer, folder: Path, command: Sequence[str]
) -> list[float]:
    """Return the seconds from enqueue to handler of tasks sent one by one, a few ms apart."""
    await fresh_queue(connection)
    results = folder / "latencies.json"
    environment = os.environ | {LATENCIES: str(results)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *_command(command, server), env=environment
    )
    try:
        await publish(connection, 1)
        await until_done(connection)
        for number in range(2000):
            await asyncio.sleep(0.004)
            body = json.loads(task_body(number))
            body["task_type"] = "timed"
            body["payload"]["sent_ns"] = time.time_ns()
            await connection.client.publish(NAMES.tasks, json.dumps(body).encode())
        await until_done(connection)
    finally:
        process.terminate()
        await process.wait()
    return sorted(json.loads(results.read_text()))


def _latency_words(title: str, latencies: list[float]) -> str:
    p50, p99 = (latencies[int(len(latencies) * share)] * 1e3 for share in (0.5, 0.99))
    return (
        f"{title}, {len(latencies):,} tasks: p50 {p50:.2f} ms, p99 {p99:.2f} ms, "
        f"most {latencies[-1] * 1e3:.2f} ms"
    )


async def _soak(connection: Connection, server: NatsServer, count: int) -> None:
    """Print the worker's memory while `count` tasks go through it, in ten portions."""
    await fresh_queue(connection)
    print("\n| tasks run | MiB of the worker |\n|---:|---:|")
    with running(_command(ROWS["worker"].command, server)) as (pid,):
        portion = max(1, count // 10)
        for done in range(0, count, portion):
            await publish(connection, portion, done)
            await until_done(connection)
            print(f"| {done + portion:,} | {memory(pid) / 2**20:.0f} |")


if __name__ == "__main__":
    main()
