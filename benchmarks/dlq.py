"""How fast dead letters are read, replayed and purged: `make bench-dlq`.

On each server version the same letters of 1 KB lie in the dead letters' own stream; each measure is
a process of its own on this machine, as is the server. What is read is compared with a plain loop
of nats-py over the same letters in the same run. Replay and purge: `benchmarks.dlq_replay`.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from benchmarks import dlq_replay
from benchmarks.dlq_load import BYTES, fill
from benchmarks.dlq_reading import MEASURES, PAGE, WANTED, Taken
from tests.support.nats_server import NatsServer
from tests.support.queues import queue
from tests.support.server_versions import Unavailable, find_binary, installed_version

PLAIN = "plain"
VERSIONS = ("2.10.26", "2.12.8", installed_version())
TITLES: Mapping[str, str] = {
    "plain": "nats-py: get_msg, one after the other",
    "page": f"first page of {PAGE}",
    "filter": f"all, {WANTED}",
    "filter-error": "all, error:~timeout",
    "filter-word": "all, the word timeout",
    "groups": "all by cause",
}


@click.command()
@click.option("--count", default=100_000, show_default=True, help="Letters on each server.")
@click.option("--rounds", default=2, show_default=True, help="How often each is measured.")
@click.option("--version", "versions", multiple=True, default=VERSIONS, show_default=True)
@click.option(
    "--part",
    "parts",
    multiple=True,
    type=click.Choice(["reading", "replay"]),
    default=("reading", "replay"),
    show_default=True,
)
@click.option(
    "--measure",
    "names",
    multiple=True,
    type=click.Choice(list(MEASURES)),
    default=list(MEASURES),
    help="Of reading, these only; all by default.",
)
def main(
    count: int, rounds: int, versions: Sequence[str], parts: Sequence[str], names: Sequence[str]
) -> None:
    """Measure and print."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, letters of {BYTES} bytes")
    for version in versions if "reading" in parts else ():
        binary = find_binary(version)
        if isinstance(binary, Unavailable):
            print(f"{version}: {binary.reason}")
            continue
        with (
            tempfile.TemporaryDirectory() as folder,
            NatsServer(Path(folder) / "nats", binary=binary) as server,
        ):
            print(
                f"\nnats-server {version}, {count:,} letters{asyncio.run(_filled(server, count))}"
            )
            print(_table(_measured(server.url, rounds, names)))
    if "replay" in parts:
        print()
        dlq_replay.main(standalone_mode=False, args=[f"--version={one}" for one in versions])


async def _filled(server: NatsServer, count: int) -> str:
    began = time.perf_counter()
    async with queue(server) as q:
        await fill(q, count)
    seconds = time.perf_counter() - began
    return f", stored in {seconds:.0f} s ({count / seconds:,.0f}/s)\n"


def _measured(url: str, rounds: int, names: Sequence[str]) -> dict[str, list[Taken]]:
    """Measure each in turn, again and again: what else the machine does then hits all alike."""
    taken: dict[str, list[Taken]] = {
        name: [] for name in MEASURES if name == PLAIN or name in names
    }
    for _ in range(rounds):
        for name, times in taken.items():
            command = [sys.executable, "-m", "benchmarks.dlq_reading", name, url]
            said = subprocess.run(command, check=True, capture_output=True, text=True)
            times.append(Taken(**json.loads(said.stdout)))
    return taken


def _table(taken: Mapping[str, list[Taken]]) -> str:
    lines = [
        "| | ms | letters/s | of plain | µs of a core per letter | peak MiB | found |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, times in taken.items():
        ratios = [one.rate / base.rate for one, base in zip(times, taken[PLAIN], strict=True)]
        median = sorted(times, key=lambda one: one.seconds)[len(times) // 2]
        lines.append(
            f"| {TITLES[name]} | {median.seconds * 1e3:,.0f} | {median.rate:,.0f} "
            f"| {statistics.median(ratios):.1f} | {median.processor / median.letters * 1e6:.0f} "
            f"| {median.peak_rss / 2**20:.0f} | {median.found:,} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
