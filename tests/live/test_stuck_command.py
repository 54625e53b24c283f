"""Stuck tasks from the command line: which they are, and back they go, once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from farutech_console.operations.audit.log import read_audit
from farutech_console.operations.errors import ReadOnlyError
from farutech_console.operations.queue import Queue as Handle
from farutech_console.operations.stuck.recover import find_stuck, plan_recovery, recover_stuck
from farutech_console.operations.stuck.view import (
    RECOVERY_KEYS,
    STUCK_KEYS,
    Destination,
    Recovered,
)
from tests.support.commands import invoked
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, queue
from tests.support.stuck import mixture, stuck
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, letters
from tests.support.workers import Calls, working
from worker.model.clock import SystemClock


def handle(where: Queue, *, read_only: bool = False) -> Handle:
    return Handle(where.connection, NAMES, SystemClock(), operator="me@here", read_only=read_only)


async def no_wait(_seconds: float) -> None:
    """The settling time, skipped: nothing else happens in these tests."""


async def recovered(where: Queue, to: Destination, *sequences: int) -> list[Recovered]:
    plan = await plan_recovery(handle(where), to, sequences or None, no_wait)
    return [outcome async for outcome in recover_stuck(handle(where), plan, "test")]


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_to_the_dead_letters(nats_server: NatsServer, kind: LayoutKind) -> None:
    async with queue(nats_server, kind) as q:
        lost = await stuck(q, 3)
        outcomes = await recovered(q, "dlq")
        assert [(x.sequence, x.outcome) for x in outcomes] == [(x, "moved") for x in lost]
        found = await letters(q)
        assert [letter.reason for letter, _ in found] == ["stuck"] * 3
        assert await all_done(q)
        assert await recovered(q, "dlq") == []
        (entry,) = [entry async for entry in read_audit(handle(q))]
        assert (entry.action, entry.why, dict(entry.outcomes)) == (
            "stuck_to_dlq",
            "test",
            {"moved": 3},
        )


async def test_back_to_work_once_on_every_server(server_versions: NatsServer) -> None:
    for kind in ("fresh", "go"):
        names_kind: LayoutKind = kind
        async with queue(server_versions, names_kind) as q:
            await stuck(q, 3)
            outcomes = await recovered(q, "work")
            assert [x.outcome for x in outcomes] == ["replayed"] * 3
            assert {x.letter for x in outcomes} == {None}
            assert sorted(task["task_id"] for task in await q.tasks()) == [
                "task-0",
                "task-1",
                "task-2",
            ]
            assert await letters(q) == []
            calls = Calls()
            async with working(server_versions, calls):
                await eventually(lambda: all_done(q))
            assert sorted(calls.seen) == [("task-0", 1), ("task-1", 1), ("task-2", 1)]
            await q.api.request(f"STREAM.DELETE.{NAMES.stream}")
            for stream in (NAMES.dlq_stream, NAMES.replays_stream, NAMES.audit_stream):
                if stream in await _streams(q):
                    await q.api.request(f"STREAM.DELETE.{stream}")


async def _streams(where: Queue) -> list[str]:
    return list((await where.api.request("STREAM.NAMES")).get("streams") or [])


async def test_only_what_is_stuck_for_sure_is_touched(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q, mixture(q, spent=2, delayed=5, in_flight=2, new=3) as mixed:
        seen = await find_stuck(handle(q))
        assert [task.sequence for task in seen.certain] == mixed.stuck
        other = mixed.others[0]
        outcomes = await recovered(q, "dlq", mixed.stuck[0], other)
        assert {(x.sequence, x.outcome) for x in outcomes} == {
            (mixed.stuck[0], "moved"),
            (other, "gone"),
        }
        seen = await find_stuck(handle(q))
        assert [task.sequence for task in seen.certain] == mixed.stuck[1:]


async def test_a_read_only_console_refuses(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await stuck(q, 1)
        where = handle(q, read_only=True)
        for to in ("dlq", "work"):
            destination: Destination = to
            plan = await plan_recovery(where, destination, None, no_wait)
            outcomes: AsyncIterator[Recovered] = recover_stuck(where, plan)
            with pytest.raises(ReadOnlyError):
                await anext(outcomes)
        assert len((await find_stuck(where)).certain) == 1


async def test_from_the_command_line(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        lost = await stuck(q, 2)
        listed = await invoked("stuck", "list", "--json", server=nats_server)
        words = await invoked("stuck", "list", server=nats_server)
        unasked = await invoked("stuck", "recover", server=nats_server)
        dry = await invoked("stuck", "recover", "--dry-run", server=nats_server)
        done = await invoked("stuck", "recover", "--yes", "--json", server=nats_server)
        nothing = await invoked("stuck", "recover", "--yes", server=nats_server)
    assert [list(line) for line in listed.lines] == [list(STUCK_KEYS)] * 2
    assert [line["sequence"] for line in listed.lines] == lost
    assert (words.code, "2 stuck: the server told of each." in words.err) == (0, True)
    assert (unasked.code, "nobody can be asked" in unasked.err) == (2, True)
    assert (dry.code, dry.out, "move 2 stuck tasks" in dry.err) == (0, "", True)
    *outcomes, summary = done.lines
    assert done.code == 0
    assert [list(line) for line in outcomes] == [list(RECOVERY_KEYS)] * 2
    assert summary == {"summary": {"planned": 2, "moved": 2, "not_reached": 0}}
    assert (nothing.code, nothing.err) == (0, "No task is stuck for sure.\n")
