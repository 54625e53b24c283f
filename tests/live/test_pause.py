"""Pause and resume: for a time, by the server's clock, recorded, refused where it cannot be."""

from __future__ import annotations

from datetime import timedelta

import pytest

from farutech_console.operations.audit.log import read_audit
from farutech_console.operations.errors import ReadOnlyError, UnsupportedError
from farutech_console.operations.fleet.pause import (
    LONGEST,
    PauseTooLongError,
    pause_for,
    pause_until,
    resume,
)
from farutech_console.operations.queue import Queue as Handle
from farutech_console.operations.watch.status_records import PAUSE_KEYS
from tests.support.commands import invoked
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, Queue, queue
from tests.support.stuck import consumer
from worker.jetstream.fleet.pause import server_time
from worker.model.clock import SystemClock


def handle(where: Queue, *, read_only: bool = False) -> Handle:
    return Handle(where.connection, NAMES, SystemClock(), operator="me@here", read_only=read_only)


async def test_deliveries_stop_until_then_and_both_are_recorded(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        where = handle(q)
        state = await pause_for(where, 3600, "deploy")
        assert state.paused
        assert 3590 < state.remaining <= 3600
        assert (await consumer(q)).paused
        until = await server_time(q.api, NAMES) + timedelta(hours=2)
        later = await pause_until(where, until)
        assert later.until is not None
        assert abs((later.until - until).total_seconds()) < 1e-3
        assert not (await resume(where, "done")).paused
        assert not (await consumer(q)).paused
        entries = [entry async for entry in read_audit(where)]
        assert [(entry.action, entry.why) for entry in entries] == [
            ("resume", "done"),
            ("pause", ""),
            ("pause", "deploy"),
        ]
        assert entries[1].command.startswith("farutech-console pause --until ")


async def test_a_pause_has_an_end_and_a_read_only_console_makes_none(
    nats_server: NatsServer,
) -> None:
    async with queue(nats_server, "go") as q:
        where = handle(q)
        for seconds in (0, -5, LONGEST.total_seconds() + 1, float("nan"), float("inf")):
            with pytest.raises(PauseTooLongError):
                await pause_for(where, seconds)
        with pytest.raises(PauseTooLongError):
            await pause_until(where, await server_time(q.api, NAMES))
        for change in (pause_for(handle(q, read_only=True), 60), resume(handle(q, read_only=True))):
            with pytest.raises(ReadOnlyError):
                await change
        assert not (await consumer(q)).paused


async def test_an_old_server_says_that_it_cannot(server_versions: NatsServer) -> None:
    async with queue(server_versions, "go") as q:
        if q.layout.server.api_level:
            assert (await pause_for(handle(q), 60)).paused
            return
        with pytest.raises(UnsupportedError, match=r"2\.10\.\d+ cannot pause"):
            await pause_for(handle(q), 60)
        with pytest.raises(UnsupportedError, match="stop the workers"):
            await resume(handle(q))


async def test_from_the_command_line(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        paused = await invoked("pause", "15m", "--why", "deploy", "--json", server=nats_server)
        assert (await consumer(q)).paused
        resumed = await invoked("resume", server=nats_server)
        refused = await invoked("--read-only", "pause", "15m", server=nats_server)
        assert not (await consumer(q)).paused
        for words in (("pause",), ("pause", "9d"), ("pause", "1m", "--until", "x"), ("pause", "x")):
            assert (await invoked(*words, server=nats_server)).code == 2, words
    assert (paused.code, paused.err) == (0, "")
    assert list(paused.lines[0]) == list(PAUSE_KEYS)
    assert 890 < paused.lines[0]["remaining"] <= 900
    assert "delivers tasks" in resumed.err
    assert (refused.code, "read-only" in refused.err) == (1, True)
