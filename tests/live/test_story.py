"""The story of a task, from a fleet that tells of itself and from one that does not."""

from __future__ import annotations

import asyncio

import pytest

from farutech_console.operations.changes.edit import draft_of, edit
from farutech_console.operations.queue import Queue as Handle
from farutech_console.operations.story.telling import task_story, tenant_tasks
from farutech_console.operations.story.view import STORY_KEYS, SUMMARY_KEYS, TaskStory
from tests.live.test_stuck_command import recovered
from tests.support.commands import flat, invoked
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, letter, queue, task
from tests.support.stuck import client, consumer, published, stuck
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, failing, letters, publish
from tests.support.workers import Calls, working
from worker.handlers.errors import Permanent, RetryAfter
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.fleet.event_reader import EventLog
from worker.jetstream.replays.claims import Author
from worker.jetstream.replays.replayer import Replayer
from worker.model.clock import SystemClock

HOSTILE = 'a "quoted" é [/red]\x1b[31m.*>'


def handle(where: Queue) -> Handle:
    return Handle(where.connection, NAMES, SystemClock(), operator="me@here")


async def story(where: Queue, task_id: str) -> TaskStory:
    return await task_story(handle(where), task_id)


def places(told: TaskStory) -> list[str]:
    return [where.place for where in told.where]


def kinds(told: TaskStory) -> list[str]:
    return [step.kind for step in told.steps]


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_of_a_fleet_that_tells_nothing(nats_server: NatsServer, kind: LayoutKind) -> None:
    async with queue(nats_server, kind) as q:
        sequences = await published(q, 3)
        for position, number in enumerate(range(3), 1):
            told = await story(q, f"task-{number}")
            (where,) = told.where
            assert (where.place, where.position, where.sequence) == (
                "pending",
                position,
                sequences[number],
            )
            assert (told.tenant_id, told.task_type) == (f"acme-{number}", "provision")
        async with client(q) as taker:
            await taker.take(*sequences[:2])
            told = await story(q, "task-1")
            assert places(told) == ["unsettled"]
            assert (await story(q, "task-2")).where[0].position == 1
            await taker.say(sequences[1], b"+ACK")
            await eventually(lambda: _settled(q, 1))
        gone = await story(q, "task-1")
        assert (places(gone), gone.is_known) == (["unknown"], False)
        buried = await q.bury(letter(7))
        told = await story(q, "task-7")
        assert [(x.place, x.sequence, x.attempt) for x in told.where] == [("dead", buried, 5)]
        assert kinds(told) == ["dead_lettered"]
        assert told.steps[0].detail == "connection refused"
        assert (NAMES.events_stream in told.missing) == (kind == "go")


async def test_every_attempt_and_the_death_and_the_replay(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        async with working(nats_server, failing(Permanent("no such plan")), worker_id="w-9"):
            await publish(q, task(1, task_id=HOSTILE))
            await eventually(lambda: all_done(q))
            await eventually(lambda: _kept(q, "dead_lettered"))
        told = await story(q, HOSTILE)
        assert kinds(told)[-1] == "dead_lettered"
        assert kinds(told).count("dead_lettered") == 1
        assert told.steps[-1].worker_id == "w-9"
        assert [(x.place, x.detail) for x in told.where] == [("dead", "no such plan")]
        words = await invoked("task", HOSTILE, server=nats_server)
        sequences = [x.sequence for x in await DeadLetters(q.api, q.layout).newest(10)]
        run = Replayer(q.api, q.layout, Author("me@here", "run-1"), clock=SystemClock())
        assert [done.result async for done in run.run(sequences)] == ["replayed"]
        told = await story(q, HOSTILE)
        assert places(told) == ["pending"]
        assert kinds(told)[-1] == "replayed"
        assert "me@here" in told.steps[-1].detail
        async with working(nats_server, Calls()):
            await eventually(lambda: all_done(q))
            await eventually(lambda: _kept(q, "succeeded"))
        told = await story(q, HOSTILE)
        assert places(told) == ["done"]
        assert [x.detail for x in told.steps if x.kind == "received"] == ["", "replay 1 by me@here"]
    assert words.code == 0
    assert "\x1b" not in words.out
    assert "now       dead, by w-9, attempt 1" in words.out


async def test_an_edit_is_no_purge(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        buried = await q.bury(letter(7))
        draft = await draft_of(handle(q), buried)
        done = await edit(handle(q), draft, draft.text.replace("erp", "crm"), "the right module")
        assert done.outcome == "replayed"
        async with working(nats_server, Calls()):
            await eventually(lambda: all_done(q))
            await eventually(lambda: _kept(q, "succeeded"))
        told = await story(q, "task-7")
        assert kinds(told) == ["edited", "received", "started", "succeeded"]
        assert told.steps[0].detail == "by me@here: the right module"
        assert places(told) == ["done"]
        assert [(x.place, x.event) for x in await tenant_tasks(handle(q), "acme-1")] == [
            ("done", "succeeded")
        ]


async def _settled(where: Queue, left: int) -> bool:
    return (await consumer(where)).ack_pending == left


async def _kept(where: Queue, kind: str) -> bool:
    return any(event.kind == kind for event in await EventLog(where.api, NAMES).newest(100))


async def test_where_it_is_while_workers_have_it(nats_server: NatsServer) -> None:
    going = asyncio.Event()

    async def wait(_task: object, _context: object) -> None:
        await going.wait()
        raise RetryAfter(3600)

    async with queue(nats_server) as q, working(nats_server, Calls(wait), worker_id="w-9"):
        await publish(q, task(1))

        async def is_running() -> bool:
            return places(await story(q, "task-1")) == ["in_flight"]

        await eventually(is_running)
        assert (await story(q, "task-1")).where[0].worker == "w-9"
        going.set()

        async def waits() -> bool:
            return places(await story(q, "task-1")) == ["backoff"]

        await eventually(waits)
        (where,) = (await story(q, "task-1")).where
        assert where.until is not None


async def test_the_tasks_of_a_tenant(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await published(q, 2, tenant_id="acme")
        await published(q, 1, tenant_id="globex")
        await q.bury(letter(7, task=task(7, tenant_id="acme")))
        found = await tenant_tasks(handle(q), "acme")
        assert [(x.task_id, x.place) for x in found] == [
            ("task-7", "dead"),
            ("task-1", "queue"),
            ("task-0", "queue"),
        ]
        assert len(await tenant_tasks(handle(q), "acme", 1)) == 1
        said = await invoked("task", "--tenant", "acme", "--json", server=nats_server)
        none = await invoked("task", "--tenant", "nobody", server=nats_server)
        one = await invoked("task", "task-7", "--json", server=nats_server)
        lost = await invoked("task", "nothing", server=nats_server)
        wrong = await invoked("task")
    assert [list(line) for line in said.lines] == [list(SUMMARY_KEYS)] * 3
    assert (none.code, "nobody" in none.err) == (1, True)
    (record,) = one.lines
    assert list(record) == [key for key in STORY_KEYS if "." not in key]
    where = {"where": record["where"][0]}
    assert flat(where, ("where",)) == [key for key in STORY_KEYS if key.startswith("where.")]
    assert (lost.code, "unknown" in lost.out) == (1, True)
    assert wrong.code == 2


async def test_a_stuck_task_that_was_moved_is_told_once(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await stuck(q, 1)
        assert places(await story(q, "task-0")) == ["stuck"]
        await recovered(q, "dlq")
        told = await story(q, "task-0")
        assert places(told) == ["dead"]
        assert len(await letters(q)) == 1
