"""What runs now, and who holds the event loop."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from structlog.testing import CapturingLogger

from tests.support.telemetry import FACTS, Parts, around, asked, fetched
from worker.telemetry.in_flight import InFlight, Running
from worker.telemetry.loop_watch import LoopWatch


def hold_the_loop(seconds: float) -> None:
    """What a handler does that must not: wait without awaiting."""
    threading.Event().wait(seconds)


async def test_in_flight_is_what_runs_now() -> None:
    in_flight = InFlight()
    go = asyncio.Event()

    async def run(number: int) -> None:
        in_flight.enter(asyncio.current_task(), FACTS._replace(stream_sequence=number), -number)
        await go.wait()
        in_flight.leave(asyncio.current_task())
        in_flight.leave(asyncio.current_task())

    tasks = [asyncio.create_task(run(number)) for number in range(5)]
    await asyncio.sleep(0)
    assert len(in_flight) == 5
    assert [running.facts.stream_sequence for running in in_flight.longest(2)] == [4, 3]
    assert in_flight.of(tasks[3]) == Running(FACTS._replace(stream_sequence=3), -3)
    assert in_flight.of(None) is None
    go.set()
    await asyncio.gather(*tasks)
    assert len(in_flight) == 0


@contextmanager
def answers_meanwhile(url: str, found: list[tuple[int, dict[str, Any]]]) -> Iterator[None]:
    """Ask from another thread, again and again, until told to stop."""
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.01):
            status, body, _ = fetched(url)
            found.append((status, json.loads(body)))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


async def test_a_handler_that_blocks_the_loop_is_named_while_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("worker.telemetry.health.DEAD", 0.9)
    parts = Parts()
    parts.readiness.clear("connection")
    parts.readiness.clear("consumer")
    ready: list[tuple[int, dict[str, Any]]] = []
    alive: list[tuple[int, dict[str, Any]]] = []

    async def handler() -> None:
        parts.in_flight.enter(asyncio.current_task(), FACTS, 0.0)
        hold_the_loop(1.6)
        parts.in_flight.leave(asyncio.current_task())

    async with parts.serving() as url:
        with answers_meanwhile(f"{url}/readyz", ready), answers_meanwhile(f"{url}/healthz", alive):
            await asyncio.create_task(handler())
            await asyncio.sleep(0.1)
        assert (await asked(f"{url}/readyz"))[0] == 200
        assert (await asked(f"{url}/healthz"))[0] == 200
    blocked = [body["reasons"]["event_loop"] for status, body in ready if status == 503]
    assert any("the handler of task t-1 (provision) blocks it" in words for words in blocked)
    assert {status for status, _ in alive} == {200, 503}
    first, *_, last = [call.kwargs for call in parts.logger.calls]
    assert (first["event"], first["task_id"], first["task_type"]) == (
        "loop.blocked",
        "t-1",
        "provision",
    )
    assert "hold_the_loop" in first["where"]
    assert "a handler must await" in first["hint"]
    assert last["over"]
    assert 1.5 < last["seconds"] < 5.0
    # A busy machine may hold up the loop once more before or after the handler does.
    told = sum(call.kwargs["seconds"] for call in parts.logger.calls if call.kwargs.get("over"))
    assert parts.watch.stood_still == pytest.approx(told, abs=0.01)
    assert [call.kwargs["event"] for call in parts.logger.calls].count("loop.blocked") == 2


async def test_what_blocks_the_loop_and_is_no_handler_is_not_called_one() -> None:
    logger = CapturingLogger()
    watch = LoopWatch(InFlight(), around(logger), beat=0.01, blocked=0.1)
    watch.start()
    hold_the_loop(0.5)
    await asyncio.sleep(0.05)
    watch.stop()
    assert "it is no handler" in logger.calls[0].kwargs["hint"]


async def test_a_loop_that_turns_is_not_blamed() -> None:
    logger = CapturingLogger()
    watch = LoopWatch(InFlight(), around(logger), beat=0.01, blocked=5.0)
    watch.start()
    await asyncio.sleep(0.2)
    assert watch.standing_still == 0
    watch.stop()
    assert logger.calls == []
    assert watch.stood_still == 0
