"""The object store is cleared of what no letter needs, and of nothing else."""

from __future__ import annotations

from random import Random

import pytest
import structlog

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import letters, publish
from tests.support.workers import Calls, working
from worker.jetstream.dead_letters.bodies import Bodies
from worker.jetstream.dead_letters.orphans import Orphans
from worker.jetstream.info import stream_state
from worker.jetstream.messages import delete_message
from worker.jetstream.topology.layout import create_stream, generation
from worker.model.clock import SystemClock
from worker.model.dead_letter import DeadLetter
from worker.model.names import death_key
from worker.model.raw_object import RawObject
from worker.model.surroundings import Surroundings
from worker.model.topology import archive_stream
from worker.runtime.unfinished import UnnamedBodies

DATA = b"y" * 300_000
layouts = pytest.mark.parametrize("kind", ["fresh", "go"])


async def put(where: Queue, name: str) -> RawObject:
    placed = RawObject.of(name, DATA)
    await Bodies(where.api, NAMES).put(placed, DATA)
    return placed


async def bury(where: Queue, name: str) -> int:
    """An object and the letter that names it."""
    return await where.bury(DeadLetter().outside(await put(where, name)).to_wire())


async def names(where: Queue) -> list[str]:
    return [entry.name for entry in await Bodies(where.api, NAMES).entries()]


async def pieces(where: Queue) -> int:
    return len(await Bodies(where.api, NAMES).piece_subjects())


@layouts
async def test_what_no_letter_names_goes_at_the_second_look(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with queue(server_versions, kind) as where:
        orphans = Orphans(where.api, NAMES)
        assert await orphans.remove() == []
        sequence = await bury(where, "dead-1-1")
        await put(where, "dead-1-2")
        await where.bury_many(5)
        assert await orphans.remove() == []
        await put(where, "dead-1-3")
        assert await orphans.remove() == ["dead-1-2"]
        assert await names(where) == ["dead-1-1", "dead-1-3"]
        assert await orphans.remove() == ["dead-1-3"]
        await delete_message(where.api, where.layout.dead_letters.name, sequence)
        assert await orphans.remove() == []
        assert await orphans.remove() == ["dead-1-1"]
        assert (await stream_state(where.api, NAMES.bodies_stream)).messages == 0


@layouts
async def test_while_the_task_is_in_the_queue_its_object_stays(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as where:
        life = generation(where.layout.work_queue.created)
        sequence = await publish(where, task(1))
        await put(where, death_key(life, sequence))
        # An earlier life of the stream had a message of this number too.
        await put(where, death_key("1" + life, sequence))
        orphans = Orphans(where.api, NAMES)
        await orphans.remove()
        assert await orphans.remove() == [death_key("1" + life, sequence)]
        assert await names(where) == [death_key(life, sequence)]
        await delete_message(where.api, NAMES.stream, sequence)
        await orphans.remove()
        assert await orphans.remove() == [death_key(life, sequence)]


async def test_pieces_that_became_no_object_go(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where:
        await bury(where, "dead-1-1")
        await where.api.publish(NAMES.body_pieces("nobody"), b"half")
        orphans = Orphans(where.api, NAMES)
        await orphans.remove()
        assert await orphans.remove() == [NAMES.body_pieces("nobody")]
        assert (await pieces(where), await names(where)) == (1, ["dead-1-1"])


async def test_a_letter_in_the_archive_keeps_its_object(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where:
        sequence = await bury(where, "dead-1-1")
        ((letter, _),) = await letters(where)
        await create_stream(where.api, archive_stream(NAMES))
        orphans = Orphans(where.api, NAMES)
        await orphans.remove()
        await where.api.publish(NAMES.archive("1-1"), letter.to_wire())
        await delete_message(where.api, where.layout.dead_letters.name, sequence)
        for _ in range(3):
            assert await orphans.remove() == []
        await where.api.request(f"STREAM.DELETE.{NAMES.archive_stream}")
        await orphans.remove()
        assert await orphans.remove() == ["dead-1-1"]


async def test_it_is_done_now_and_then(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where:
        await put(where, "dead-1-1")
        around = Surroundings(SystemClock(), Random(1), structlog.get_logger())
        often = UnnamedBodies(Orphans(where.api, NAMES), around, every=0.0)
        seldom = UnnamedBodies(Orphans(where.api, NAMES), around, every=600.0)
        for _ in range(2):
            await seldom.look()
        assert await names(where) == ["dead-1-1"]
        for _ in range(2):
            await often.look()
        assert await names(where) == []


async def test_a_worker_looks_without_a_store(nats_server: NatsServer) -> None:
    async with (
        queue(nats_server, "go") as where,
        working(nats_server, Calls(), sweep_interval=0.05) as worker,
    ):
        await publish(where, task(1))
        await eventually(lambda: worker.logged("task.done"))
        assert not worker.logged("round.failed")
        assert not worker.logged("rounds.broken")
