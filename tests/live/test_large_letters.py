"""Tasks whose dead letters are more than the server takes: their bytes lie in the object store."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest

from farutech_console.operations.letters.one_letter import read_letter
from tests.conftest import StartNats
from tests.support.large_letters import SMALL, body_of, large_task, replayed, small_queue, stored_in
from tests.support.nats_server import NatsServer
from tests.support.operating import operated
from tests.support.queues import NAMES, LayoutKind, queue, task
from tests.support.stuck import client, with_stream
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, failing, letter_of, letters, publish, tasks_left
from tests.support.workers import Calls, working
from worker.handlers.errors import Permanent
from worker.jetstream.dead_letters.bodies import Bodies, BodyLostError
from worker.jetstream.dead_letters.orphans import Orphans
from worker.jetstream.dead_letters.post import LetterPost
from worker.jetstream.info import find_stream, stream_state
from worker.jetstream.messages import next_message, purge_subject
from worker.jetstream.stuck.finder import StuckFinder
from worker.jetstream.stuck.mover import StuckMover
from worker.model.clock import SystemClock
from worker.model.dead_letter import DeadLetter
from worker.model.names import REPLAY_COUNT
from worker.model.raw_object import RawObject

NO_BYTES = RawObject.of("dead-1-1", b"")


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_a_task_as_large_as_a_message_may_be(start_nats: StartNats, kind: LayoutKind) -> None:
    body = large_task(1, colour="red")
    async with (
        small_queue(start_nats, kind) as (server, where),
        working(server, failing(Permanent("no " * 3000))),
    ):
        await publish(where, body)
        letter, _ = await letter_of(where)
        assert await body_of(where, letter) == body
        names = [field for field in letter.task.to_wire().values() if field == "red"]
    assert (letter.task.task_id, letter.task.tenant_id) == ("task-1", "acme-1")
    assert (letter.task.payload, letter.raw, names) == (None, None, [])
    assert letter.error.startswith("no no no")
    assert (letter.reason, stored_in(letter).size) == ("permanent", SMALL)


async def test_at_the_servers_own_limit(nats_server: NatsServer) -> None:
    body = large_task(1, 1024 * 1024)
    async with queue(nats_server) as where, working(nats_server, failing(Permanent("no"))):
        await publish(where, body)
        letter, _ = await letter_of(where)
        assert await body_of(where, letter) == body


async def test_large_bytes_that_are_no_task(start_nats: StartNats) -> None:
    body = b"\xff" * (SMALL - 100)
    async with small_queue(start_nats) as (server, where), working(server, Calls()):
        await publish(where, body)
        letter, _ = await letter_of(where)
        assert await body_of(where, letter) == body
    assert (letter.reason, letter.raw) == ("invalid", None)


async def test_a_stuck_one_is_moved_too(start_nats: StartNats) -> None:
    body = large_task(1)
    async with small_queue(start_nats) as (_, where):
        sequence = await publish(where, body)
        async with client(where) as taker:
            await taker.take(sequence)
            await taker.spend(sequence)
        found = await StuckFinder(where.api, NAMES).find()
        mover = StuckMover(where.api, NAMES, "one", SystemClock())
        moved = [one.result async for one in mover.move(found.certain, found.allowed)]
        assert (moved, await tasks_left(where)) == (["moved"], 0)
        ((letter, _),) = await letters(where)
        assert letter.reason == "stuck"
        assert await body_of(where, letter) == body


async def test_a_stream_that_takes_less_than_the_server(nats_server: NatsServer) -> None:
    body = large_task(1, 4000)
    async with queue(nats_server) as where:
        await with_stream(where, NAMES.dlq_stream, max_msg_size=2000)
        async with working(nats_server, failing(Permanent("no"))):
            await publish(where, body)
            letter, _ = await letter_of(where)
            assert await body_of(where, letter) == body


async def test_headers_that_leave_no_room_lie_there_too(start_nats: StartNats) -> None:
    sent = {"filling": "y" * (SMALL - 550), "odd": "ä\u2028b", REPLAY_COUNT: "3"}
    async with small_queue(start_nats) as (server, where):
        async with working(server, failing(Permanent("no"))):
            await publish(where, task(1), sent)
            letter, headers = await letter_of(where)
        assert (letter.replays, headers[REPLAY_COUNT], "filling" in headers) == (3, "3", False)
        stored = await read_letter(operated(where), 1)
        assert stored is not None
        assert stored.letter is not None
        assert stored.letter.raw_bytes() == json.dumps(task(1)).encode()
        assert sent.items() <= stored.headers.items()
        orphans = Orphans(where.api, NAMES)
        assert (await orphans.remove(), await orphans.remove()) == ([], [])
        assert "the server takes 8192" in (await replayed(where, 1)).detail
        assert len(await letters(where)) == 1


async def test_while_its_letter_cannot_be_stored_the_object_stays(start_nats: StartNats) -> None:
    sent = {"filling": "y" * (SMALL - 500)}
    async with small_queue(start_nats) as (server, where):
        await with_stream(where, NAMES.dlq_stream, max_msgs=1)
        await where.bury({"task": task(99)})
        async with working(server, failing(Permanent("no")), grace=0.1) as worker:
            await publish(where, task(1), sent)
            await eventually(lambda: worker.logged("dead_letter.not_stored"))
            orphans = Orphans(where.api, NAMES)
            assert (await orphans.remove(), await orphans.remove()) == ([], [])
            assert len(await Bodies(where.api, NAMES).entries()) == 1


async def test_a_store_that_is_full_keeps_the_task(start_nats: StartNats) -> None:
    async with (
        small_queue(start_nats) as (server, where),
        working(server, failing(Permanent("no"))) as worker,
    ):
        await with_stream(where, NAMES.bodies_stream, max_bytes=SMALL // 2)
        await publish(where, large_task(1))
        await eventually(lambda: worker.logged("dead_letter.not_stored"))
        assert (await tasks_left(where), await letters(where)) == (1, [])
        await with_stream(where, NAMES.bodies_stream, max_bytes=-1)
        await eventually(lambda: all_done(where))
        assert len(await letters(where)) == 1


async def test_every_client_reads_it(server_versions: NatsServer) -> None:
    data = bytes(range(256)) * 2000
    async with queue(server_versions) as where:
        await Bodies(where.api, NAMES).put(RawObject.of("dead-1-7", data), data)
        store = await where.connection.client.jetstream().object_store(NAMES.bodies)
        found = await store.get("dead-1-7")
        assert (found.data, found.info.size) == (data, len(data))
        await store.put("of-another", b"x" * 300_000)
        other = RawObject.of("of-another", b"x" * 300_000)
        assert await Bodies(where.api, NAMES).get(other) == b"x" * 300_000
        await store.delete("of-another")
        with pytest.raises(BodyLostError, match="not in PROVISIONING_BODIES"):
            await Bodies(where.api, NAMES).get(other)


async def test_ten_store_the_same_at_once(nats_server: NatsServer) -> None:
    data = b"y" * 500_000
    where_to = RawObject.of("dead-1-7", data)
    async with contextlib.AsyncExitStack() as stack:
        where = await stack.enter_async_context(queue(nats_server))
        others = [await stack.enter_async_context(queue(nats_server, None)) for _ in range(10)]
        await asyncio.gather(*(Bodies(one.api, NAMES).put(where_to, data) for one in others))
        bodies = Bodies(where.api, NAMES)
        assert await bodies.get(where_to) == data
        assert len(await bodies.entries()) == 1
        assert len(await bodies.piece_subjects()) == 1


async def test_what_is_broken_is_stored_anew_and_never_read(nats_server: NatsServer) -> None:
    data = b"y" * 500_000
    where_to = RawObject.of("dead-1-7", data)
    async with queue(nats_server) as where:
        bodies = Bodies(where.api, NAMES)
        await bodies.put(where_to, data)
        (entry,) = await bodies.entries()
        piece = await next_message(where.api, NAMES.bodies_stream, NAMES.body_pieces("*"), 1)
        assert piece is not None
        await where.api.request(f"STREAM.MSG.DELETE.{NAMES.bodies_stream}", {"seq": piece.sequence})
        with pytest.raises(BodyLostError, match="not what was stored"):
            await bodies.get(where_to)
        with pytest.raises(BodyLostError, match="not what was stored"):
            await bodies.get(where_to.model_copy(update={"digest": "SHA-256=x"}))
        await bodies.put(where_to, data)
        assert await bodies.get(where_to) == data
        assert (await bodies.entries())[0].piece != entry.piece
        await bodies.remove("dead-1-7")
        assert (await stream_state(where.api, NAMES.bodies_stream)).messages == 0
        await bodies.remove("dead-1-7")


async def test_nothing_is_asked_of_it_for_small_letters(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as where:
        post = LetterPost(where.api, NAMES)
        await post.publish(DeadLetter(error="x"), b"{}", {}, "dead-1-1")
        assert await find_stream(where.api, NAMES.bodies_stream) is None
        assert await Bodies(where.api, NAMES).piece_subjects() == frozenset()
        with pytest.raises(BodyLostError):
            await Bodies(where.api, NAMES).get(NO_BYTES)
        await purge_subject(where.api, where.layout.dead_letters.name, NAMES.dlq)
