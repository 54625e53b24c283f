"""How the console holds up: `make bench-console`. A pty drives the real program on a real server.

`--letters 1000000` for the whole size; one part alone with `--part start`, and so on.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from benchmarks.console_load import fill
from benchmarks.console_pty import Screen, console, cpu_seconds, share_of_core
from benchmarks.worker_load import memory
from tests.support.nats_server import NatsServer

ROOMS = {"Overview": "1", "Tasks": "2", "Dead letters": "3"}
PARTS = ("start", "idle", "events", "dlq")
PAINTED = "starting"
"""Stands on the very first paint."""


@click.command()
@click.option("--letters", default=100_000, show_default=True, help="dead letters in the stream")
@click.option("--rate", default=5_000, show_default=True, help="task events a second")
@click.option("--starts", default=5, show_default=True, help="how often it is started")
@click.option(
    "--part", "parts", multiple=True, type=click.Choice(["start", "idle", "events", "dlq"])
)
def main(*, letters: int, rate: int, starts: int, parts: tuple[str, ...]) -> None:
    """Measure and print."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {letters:,} letters")
    with tempfile.TemporaryDirectory() as folder, NatsServer(Path(folder)) as server:
        asyncio.run(fill(server.url, letters))
        flags = ("--server", server.url)
        measures: dict[str, Callable[[], None]] = {
            "start": lambda: _start(flags, starts),
            "idle": lambda: _idle(flags),
            "events": lambda: _events(flags, server.url, rate),
            "dlq": lambda: _letters(flags, letters),
        }
        for name, measure in measures.items():
            if not parts or name in parts:
                measure()
    print(f"load {os.getloadavg()[0]:.1f} at the end")


def _start(flags: Sequence[str], starts: int) -> None:
    painted, painted_cpu, connected, connected_cpu = [], [], [], []
    for _ in range(starts):
        with console(flags) as screen:
            painted.append(screen.wait_for(PAINTED) - screen.began)
            painted_cpu.append(cpu_seconds(screen.pid))
            connected.append(screen.wait_for("live 0 s ago") - screen.began)
            connected_cpu.append(cpu_seconds(screen.pid))
    _say("first paint", painted)
    _say("first paint, processor", painted_cpu)
    _say("connected data", connected)
    _say("connected data, processor", connected_cpu)


def _idle(flags: Sequence[str]) -> None:
    for room, key in ROOMS.items():
        with console(flags) as screen:
            screen.wait_for("live 0 s ago")
            screen.send(key)
            screen.rest(6)
            print(f"idle, {room}: {share_of_core(screen, 10):.1%} of a core")


def _events(flags: Sequence[str], url: str, rate: int) -> None:
    load = [sys.executable, "-m", "benchmarks.console_load", url, str(rate), "25"]
    with console(flags) as screen:
        screen.wait_for("live 0 s ago")
        screen.send(ROOMS["Tasks"])
        process = subprocess.Popen(load)
        try:
            screen.rest(5)
            used = share_of_core(screen, 5)
            waits = []
            for turn in range(20):
                waits.append(screen.answer_time(" ", "held" if turn % 2 == 0 else "following"))
                screen.rest(0.3)
        finally:
            process.terminate()
            process.wait()
    print(f"{rate:,} events/s, Tasks: {used:.0%} of a core")
    _say(f"{rate:,} events/s, key to paint", waits)


def _letters(flags: Sequence[str], letters: int) -> None:
    with console(flags) as screen:
        screen.wait_for("live 0 s ago")
        screen.send(ROOMS["Dead letters"])
        screen.wait_for(f"{letters}")
        screen.rest(3)
        pages = [_page(screen) for _ in range(50)]
        _say("page down", pages)
        print(f"memory: {memory(screen.pid) / 2**20:.0f} MiB")


def _page(screen: Screen) -> float:
    since = screen.send("\x1b[6~")
    waited = screen.answer_time("", "\x1b[?2026l") if since < 0 else _first_paint(screen, since)
    screen.rest(0.25)
    return waited


def _first_paint(screen: Screen, since: int) -> float:
    import time

    began = time.monotonic()
    screen.until(lambda: len(screen.written) - since > 2000, "a page is painted")
    return time.monotonic() - began


def _say(what: str, seconds: Sequence[float]) -> None:
    ranked = sorted(seconds)
    p95 = ranked[min(len(ranked) - 1, round(0.95 * (len(ranked) - 1)))]
    print(
        f"{what}: p50 {statistics.median(ranked) * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms, "
        f"most {ranked[-1] * 1e3:.0f} ms ({len(ranked)} times)"
    )


if __name__ == "__main__":
    main()
