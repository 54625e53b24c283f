"""The index follows the letters on a real server: filled, as they come, and as they go."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from farutech_console.operations.filter.model import ALL
from farutech_console.operations.filter.parser import parse_filter
from farutech_console.operations.index.letters import LetterIndex
from farutech_console.operations.index.order import NEWEST, Order
from farutech_console.operations.index.view import View
from farutech_console.operations.letters.selection import Selection
from farutech_console.operations.live.backend import LiveBackend
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, letter, queue
from tests.support.waiting import eventually
from worker.jetstream.messages import delete_message
from worker.model.clock import SystemClock
from worker.model.link import ConnectionOptions

LAYOUTS: Sequence[LayoutKind] = ("fresh", "go")


@asynccontextmanager
async def _indexed(server: NatsServer) -> AsyncIterator[tuple[LiveBackend, LetterIndex]]:
    async with LiveBackend(ConnectionOptions(servers=(server.url,)), NAMES) as backend:
        await backend.connected(10)
        yield backend, await backend.index()


async def _holds(index: LetterIndex, sequences: Sequence[int]) -> None:
    """Wait until these letters are in the index, and no others."""
    wanted = sorted(sequences, reverse=True)

    async def same() -> bool:
        index.poke()
        found = await index.find(ALL, NEWEST, SystemClock().now())
        return index.state.complete and list(found) == wanted

    await eventually(same)


async def _delete(q: Queue, sequences: Sequence[int]) -> None:
    for sequence in sequences:
        assert await delete_message(q.api, q.layout.dead_letters.name, sequence)


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_it_follows_letters_as_they_come_and_go(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q:
        kept = await q.bury_many(60)
        async with _indexed(nats_server) as (_, index):
            await _holds(index, kept)
            kept += await q.bury_many(5)
            await _holds(index, kept)
            await _delete(q, kept[3:9] + kept[30:31] + kept[-1:])
            kept = kept[:3] + kept[9:30] + kept[31:-1]
            await _holds(index, kept)
            await _delete(q, kept[:4])
            await _holds(index, kept[4:])
            assert index.state.indexed == index.state.depth == len(kept) - 4


async def test_what_is_gone_is_found_among_many(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(1500)
        async with _indexed(nats_server) as (_, index):
            await _holds(index, kept)
            gone = [*kept[100:130], kept[700], kept[1100], *kept[1490:]]
            await _delete(q, gone)
            await _holds(index, [one for one in kept if one not in gone])


async def test_a_run_tells_the_index_what_it_deleted(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(12)
        async with _indexed(nats_server) as (backend, index):
            await _holds(index, kept)
            plan = await backend.plan_purge(kept[2:5])
            assert [x.outcome async for x in backend.run(plan)] == ["purged"] * 3
            assert list(await index.find(ALL, NEWEST, SystemClock().now())) == [
                *kept[:4:-1],
                *kept[1::-1],
            ]


async def test_its_causes_are_those_that_the_letters_tell(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        for number, host in enumerate(("acme-db:5432", "acme-db:5432", "other-db:5432")):
            error = f"task 17{number}: connection refused at {host}"
            await q.bury(letter(number, error=error))
        kept = await q.bury_many(4)
        async with _indexed(nats_server) as (backend, index):
            await eventually(lambda: index.state.complete and index.state.indexed == 7)
            counted = await index.causes(ALL, SystemClock().now(), 100)
            read = await backend.groups(Selection())
            assert (counted.matched, counted.scanned) == (read.matched, read.scanned) == (7, 7)
            assert counted.groups == tuple(replace(one, tenants={}) for one in read.groups)
            assert "acme-db:5432" in {one.address for one in counted.groups}
            newest = await index.causes(ALL, SystemClock().now(), 4)
            assert [one.sample for one in newest.groups] == [kept[-1]]


async def test_another_stream_of_that_name_is_indexed_anew(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(9)
        async with _indexed(nats_server) as (_, index):
            await eventually(lambda: index.state.complete and index.state.indexed == 9)
            await q.api.request(f"STREAM.PURGE.{q.layout.dead_letters.name}", {})
            await _holds(index, [])
            await _holds(index, await q.bury_many(3))


@pytest.mark.parametrize("order", [NEWEST, Order("seq", descending=False), Order("tenant")])
async def test_a_view_keeps_up(nats_server: NatsServer, order: Order) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(40)
        async with _indexed(nats_server) as (_, index):
            view = View(index, parse_filter("seq>=1"), order, SystemClock())

            async def shows(sequences: Sequence[int]) -> None:
                async def same() -> bool:
                    index.poke()
                    if view.is_behind:
                        await view.refresh()
                    return sorted(view.sequences) == sorted(sequences)

                await eventually(same)

            await shows(kept)
            kept += await q.bury_many(4)
            await shows(kept)
            assert [view.index_of(one) for one in view.sequences] == list(range(44))
            cursor = view.sequences[10]
            assert view.index_of(cursor) == 10
            await _delete(q, [cursor])
            kept.remove(cursor)
            await shows(kept)
            assert view.index_of(cursor) == 10
