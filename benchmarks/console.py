"""How the console holds up: `make bench-console`. A pty drives the real program on a real server.

`BENCH_FLAGS="--letters 1000000"` for the whole size; one part alone with `--part start`, and so on.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from benchmarks.console_day import a_day
from benchmarks.console_load import fill
from benchmarks.console_pty import Screen, console, cpu_seconds, share_of_core
from benchmarks.worker_load import memory
from tests.support.nats_server import NatsServer

ROOMS = {"Overview": "1", "Tasks": "2", "Dead letters": "3", "Workers": "4", "Audit": "5"}
PARTS = ("start", "idle", "events", "dlq", "soak")
PAINTED = "starting"
"""Stands on the very first paint."""
CONNECTED = "live 0 s ago"
PAGE_DOWN, LAST, FIRST = "\x1b[6~", "G", "g"
FILTERS = ("tenant:acme-7", "error:~timeout", "task:~4217", "cause:*", "attempts>=5 replays>0")
PAGE_BYTES = 2000
PAGES = 200
"""Pages down once all is indexed: with fewer, one moment of the machine's makes a p95."""
SURE_S = 5.0
"""Seconds without a word of the index after which it is complete."""


@click.command()
@click.option("--letters", default=100_000, show_default=True, help="dead letters in the stream")
@click.option("--rate", default=5_000, show_default=True, help="task events a second")
@click.option("--starts", default=5, show_default=True, help="how often it is started")
@click.option("--soak", default=60.0, show_default=True, help="seconds in which a day passes")
@click.option("--url", default="", help="a server with those letters in it, instead of a new one")
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS))
def main(
    *, letters: int, rate: int, starts: int, soak: float, url: str, parts: tuple[str, ...]
) -> None:
    """Measure and print."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {letters:,} letters")
    with _server(url, letters) as at:
        flags = ("--server", at)
        measures: dict[str, Callable[[], None]] = {
            "start": lambda: _start(flags, starts),
            "idle": lambda: _idle(flags),
            "events": lambda: _events(flags, at, rate),
            "dlq": lambda: _letters(flags, letters),
            "soak": lambda: _soak(flags, at, soak),
        }
        for name, measure in measures.items():
            if not parts or name in parts:
                measure()
    print(f"load {os.getloadavg()[0]:.1f} at the end")


@contextmanager
def _server(url: str, letters: int) -> Iterator[str]:
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory() as folder, NatsServer(Path(folder)) as server:
        asyncio.run(fill(server.url, letters))
        yield server.url


def _start(flags: Sequence[str], starts: int) -> None:
    painted, painted_cpu, connected, connected_cpu = [], [], [], []
    with console(flags) as screen:
        # The first start compiles the modules.
        screen.wait_for(CONNECTED)
    for _ in range(starts):
        with console(flags) as screen:
            painted.append(screen.wait_for(PAINTED) - screen.began)
            painted_cpu.append(cpu_seconds(screen.pid))
            connected.append(screen.wait_for(CONNECTED) - screen.began)
            connected_cpu.append(cpu_seconds(screen.pid))
    _say("first paint", painted)
    _say("first paint, processor", painted_cpu)
    _say("connected data", connected)
    _say("connected data, processor", connected_cpu)


def _idle(flags: Sequence[str]) -> None:
    for room, key in ROOMS.items():
        if room == "Dead letters":
            continue
        with console(flags) as screen:
            screen.wait_for(CONNECTED)
            screen.send(key)
            screen.rest(6)
            print(f"idle, {room}: {share_of_core(screen, 10):.1%} of a core")


def _events(flags: Sequence[str], url: str, rate: int) -> None:
    with console(flags) as screen:
        screen.wait_for(CONNECTED)
        screen.send(ROOMS["Tasks"])
        with _load(url, rate, 25):
            screen.rest(5)
            used = share_of_core(screen, 5)
            waits = []
            for turn in range(20):
                waits.append(screen.answer_time(" ", "held" if turn % 2 == 0 else "following"))
                screen.rest(0.3)
    print(f"{rate:,} events/s, Tasks: {used:.0%} of a core")
    _say(f"{rate:,} events/s, key to paint", waits)
    dropped = screen.written.count(b"dropped unseen")
    print(f"dropped: {'said so' if dropped else 'none said'}")


@contextmanager
def _load(url: str, rate: float, seconds: float) -> Iterator[None]:
    program = [sys.executable, "-m", "benchmarks.console_load", url, str(rate), str(seconds)]
    process = subprocess.Popen(program)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _letters(flags: Sequence[str], letters: int) -> None:
    with console(flags) as screen:
        screen.wait_for(CONNECTED)
        began = time.monotonic()
        screen.send(ROOMS["Dead letters"])
        screen.wait_for("quota exceeded", "connection refused")
        print(f"dead letters, first page: {(time.monotonic() - began) * 1e3:.0f} ms")
        screen.rest(1)
        _say("page down while it is indexed", _pages(screen, 20))
        print(f"to the oldest while it is indexed: {_far(screen):.0f} ms")
        used, since = cpu_seconds(screen.pid), time.monotonic()
        _index(screen, letters, began)
        share = (cpu_seconds(screen.pid) - used) / (time.monotonic() - since)
        print(f"a core used meanwhile: {share:.0%}")
        screen.send(FIRST)
        screen.rest(2)
        _say("page down", _pages(screen, PAGES))
        print(f"to the oldest: {_far(screen):.0f} ms")
        for text in FILTERS:
            print(f"filter {text}: {_filter(screen, text):.0f} ms")
        screen.rest(5)
        print(f"idle, Dead letters: {share_of_core(screen, 10):.1%} of a core")
        print(f"memory: {memory(screen.pid) / 2**20:.0f} MiB")


def _index(screen: Screen, letters: int, began: float) -> None:
    """Wait until all is indexed: the title does not say how far it is any more."""
    since = screen.send(FIRST)
    while True:
        screen.rest(SURE_S)
        if screen.written.find(b"indexed", since) < 0:
            break
        since = len(screen.written)
    took = time.monotonic() - began - SURE_S
    print(f"indexed: {took:.0f} s, {letters / took:,.0f} letters/s")


def _pages(screen: Screen, times: int) -> list[float]:
    """Return how long a page down takes, key to the last line that is painted of it."""
    waits = []
    for _ in range(times):
        screen.rest(0.25)
        since = screen.send(PAGE_DOWN)
        waits.append(_painted(screen, since))
    return waits


def _painted(screen: Screen, since: int) -> float:
    """Return how long it takes until a page was written, which is some kilobytes."""
    began = time.monotonic()
    screen.until(lambda: len(screen.written) - since > PAGE_BYTES, "a page is painted")
    return time.monotonic() - began


def _far(screen: Screen) -> float:
    """Go to the oldest letter, and return after how many ms it is shown."""
    screen.rest(1)
    waited = screen.answer_time(LAST, "00000000")
    screen.rest(0.5)
    screen.send(FIRST)
    screen.rest(1)
    return waited * 1e3


def _filter(screen: Screen, text: str) -> float:
    """Enter a filter, and return after how many ms the title says what it found."""
    screen.send("/")
    screen.rest(0.7)
    screen.send(text)
    screen.rest(0.7)
    waited = screen.answer_time("\r", " with ")
    screen.rest(0.5)
    screen.send("\x1b")
    screen.rest(1.5)
    return waited * 1e3


def _soak(flags: Sequence[str], url: str, seconds: float) -> None:
    with _load(url, 2_000, 2 * seconds + 60):
        a_day(flags, url, seconds)


def _say(what: str, seconds: Sequence[float]) -> None:
    ranked = sorted(seconds)
    p95 = ranked[min(len(ranked) - 1, round(0.95 * (len(ranked) - 1)))]
    print(
        f"{what}: p50 {statistics.median(ranked) * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms, "
        f"most {ranked[-1] * 1e3:.0f} ms ({len(ranked)} times)"
    )


if __name__ == "__main__":
    main()
