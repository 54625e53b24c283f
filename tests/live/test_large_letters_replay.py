"""A letter whose message lies in the object store is replayed as it came, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from farutech_console.operations.letters.one_letter import read_letter
from tests.conftest import StartNats
from tests.support.large_letters import SMALL, body_of, large_task, replayed, small_queue, stored_in
from tests.support.operating import operated
from tests.support.queues import NAMES, LayoutKind, Queue
from tests.support.worker_queue import letters, tasks_left
from worker.jetstream.dead_letters.bodies import Bodies
from worker.jetstream.dead_letters.orphans import Orphans
from worker.jetstream.info import stream_state
from worker.model.dead_letter import DeadLetter
from worker.model.raw_object import RawObject
from worker.model.task import Task


async def large_letter(where: Queue, body: bytes) -> int:
    """A dead letter with its message outside; returns the letter's sequence."""
    letter = DeadLetter(task=Task(task_id="task-1"), error="no", reason="permanent")
    bare = letter.outside(RawObject.of("dead-1-1", body))
    await Bodies(where.api, NAMES).put(stored_in(bare), body)
    return await where.bury(bare.to_wire())


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_a_replay_sends_the_bytes_as_they_came(
    start_nats: StartNats, kind: LayoutKind
) -> None:
    body = large_task(1, SMALL - 1500).replace(b'"task_id": "task-1"', b'"task_id" :"task-1"')
    async with small_queue(start_nats, kind) as (_, where):
        outcome = await replayed(where, await large_letter(where, body))
        assert (outcome.result, outcome.task_id) == ("replayed", "task-1")
        assert [sent for _, sent in await where.raw_tasks()] == [body]
        assert await letters(where) == []
        await swept(where)
        assert (await stream_state(where.api, NAMES.bodies_stream)).messages == 0


async def swept(where: Queue) -> None:
    """Have the store cleared as a worker does in time."""
    orphans = Orphans(where.api, NAMES)
    await orphans.remove()
    await orphans.remove()


async def test_while_the_archive_has_a_copy_its_object_stays(start_nats: StartNats) -> None:
    body = large_task(1, SMALL - 1500)
    async with small_queue(start_nats) as (_, where):
        sequence = await large_letter(where, body)
        ((letter, _),) = await letters(where)
        copy = NAMES.archive(f"{where.layout.dlq_generation}-{sequence}")
        await where.api.publish(copy, letter.to_wire())
        assert (await replayed(where, sequence)).result == "replayed"
        await swept(where)
        assert await body_of(where, letter) == body


@pytest.mark.parametrize(
    "forged",
    [
        {"name": "", "size": 0, "digest": ""},
        {"name": "dead-1-1", "size": -1, "digest": "x"},
        {"name": "a b.>\u202e\x00", "size": 1, "digest": "x"},
        {"name": "*", "size": 1, "digest": "x"},
        {"name": "x" * 2000, "size": 1, "digest": "x"},
        {"headers": 0},
        {"headers": 3},
        {"headers": -3},
        {"headers": 10**30},
    ],
)
async def test_letters_that_name_what_they_should_not(
    start_nats: StartNats, forged: dict[str, Any]
) -> None:
    body = large_task(1, SMALL - 1500)
    async with small_queue(start_nats) as (_, where):
        await large_letter(where, body)
        ((letter, _),) = await letters(where)
        place = stored_in(letter).model_dump(exclude_none=True) | forged
        sequence = await where.bury({"task": {"task_id": "f"}, "raw_object": place})
        stored = await read_letter(operated(where), sequence)
        assert stored is not None
        outcome = await replayed(where, sequence)
        await swept(where)
        assert outcome.result == "failed"
        assert stored.problem
        assert await body_of(where, letter) == body


async def test_with_no_room_for_the_headers_of_a_replay_it_stays(start_nats: StartNats) -> None:
    async with small_queue(start_nats) as (_, where):
        outcome = await replayed(where, await large_letter(where, large_task(1)))
        assert (outcome.result, len(await letters(where))) == ("failed", 1)
        assert "the server takes 8192" in outcome.detail
        assert len(await Bodies(where.api, NAMES).entries()) == 1


async def test_what_is_lost_or_changed_is_never_sent(start_nats: StartNats) -> None:
    body = large_task(1, SMALL - 1500)
    async with small_queue(start_nats) as (_, where):
        sequence = await large_letter(where, body)
        bodies = Bodies(where.api, NAMES)
        await bodies.put(RawObject.of("dead-1-1", body[:-1] + b" "), body[:-1] + b" ")
        outcome = await replayed(where, sequence)
        assert (outcome.result, outcome.task_id) == ("failed", "task-1")
        assert "not what was stored" in outcome.detail
        await bodies.remove("dead-1-1")
        assert "not in PROVISIONING_BODIES" in (await replayed(where, sequence)).detail
        assert len(await letters(where)) == 1
        assert await tasks_left(where) == 0
