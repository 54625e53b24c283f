"""A selection's letters: the same ones in the same order, whichever way they are read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from farutech_console.operations.filter.evaluate import predicate
from farutech_console.operations.filter.parser import parse_filter
from farutech_console.operations.letters.browse import read_groups, read_page
from farutech_console.operations.letters.select import select
from farutech_console.operations.letters.selection import Order, ScanProgress, Selection
from farutech_console.operations.queue import Queue as WorkQueue
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, letter, queue, task
from worker.jetstream.api import Api
from worker.jetstream.dead_letters import browse as dead_letters
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.errors import UncertainError, UnreachableError
from worker.jetstream.messages import delete_message
from worker.model.clock import SystemClock
from worker.model.dead_letter import StoredDeadLetter

NOW = datetime(2026, 11, 24, 2, 41, tzinfo=UTC)
SELECTIONS = [
    Selection(),
    Selection(order="oldest"),
    Selection(parse_filter("tenant:acme-1")),
    Selection(parse_filter("tenant:acme-1"), limit=7),
    Selection(parse_filter("tenant:acme-1"), limit=7, order="oldest"),
    Selection(limit=1),
    Selection(parse_filter("error:~broken seq:20..70"), order="oldest"),
    Selection(parse_filter("task-5* or header.source:seven"), limit=30),
    Selection(parse_filter("-tenant:acme-1 attempts:5"), sequences=tuple(range(30, 90))),
    Selection(sequences=(3, 41, 999_999), limit=5, order="oldest"),
    Selection(parse_filter("nowhere")),
    Selection(parse_filter("seq<3 seq>5")),
]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "SKIM", 17)
    monkeypatch.setattr(dead_letters, "SLICE", 5)


async def fill(q: Queue, count: int) -> None:
    """Bury letters with holes and tasks between them."""
    for number in range(count):
        body = letter(
            number,
            error="broken pipe" if number % 4 == 0 else "connection refused",
            task=task(number),
        )
        headers = {"Source": "seven"} if number % 7 == 0 else None
        sequence = await q.bury(body, headers)
        if number % 5 == 0:
            await q.api.publish(NAMES.tasks, json.dumps(task(number)).encode())
        if number in range(20, 30) or number % 11 == 0:
            await delete_message(q.api, q.layout.dead_letters.name, sequence)
    await q.bury(b"\xff not a letter of tenant:acme-1")


async def chosen(letters: DeadLetters, selection: Selection) -> list[StoredDeadLetter]:
    return [x.stored() async for page in select(letters, selection, NOW) for x in page]


def expected(
    everything: Sequence[StoredDeadLetter], selection: Selection
) -> list[StoredDeadLetter]:
    matches = predicate(selection.filter, NOW)
    found = [x for x in everything if matches(x)]
    if selection.sequences:
        found = [x for x in found if x.sequence in selection.sequences]
    if selection.order == "oldest":
        found.reverse()
    return found[: selection.limit] if selection.limit else found


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_takes_the_same_letters_on_every_server(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with queue(server_versions, kind) as q:
        await fill(q, 110)
        letters = DeadLetters(q.api, q.layout)
        everything = await letters.newest(1000)
        assert len(everything) == 111 - 10 - 9
        for selection in SELECTIONS:
            assert await chosen(letters, selection) == expected(everything, selection), selection


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("order", ["newest", "oldest"])
async def test_tells_how_far_it_is_and_takes_nothing_that_comes_later(
    nats_server: NatsServer, order: Order
) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(60)
        told: list[ScanProgress] = []
        selection = Selection(parse_filter("tenant:acme-1"), order=order)
        found: list[int] = []
        async with aclosing(
            select(DeadLetters(q.api, q.layout), selection, NOW, told.append)
        ) as pages:
            async for page in pages:
                if not found:
                    await q.bury_many(20)
                found += [x.sequence for x in page]
    assert sorted(found) == [sequence for sequence in kept if (sequence - kept[0]) % 3 == 1]
    assert told[0] == ScanProgress(0, 0, 60)
    assert told[-1] == ScanProgress(60, 20, 60)
    assert [x.scanned for x in told] == sorted(x.scanned for x in told)


@pytest.mark.usefixtures("small_pages")
async def test_it_ends_when_it_is_closed(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(100)
        before = len(asyncio.all_tasks())
        async with aclosing(select(DeadLetters(q.api, q.layout), Selection(), NOW)) as pages:
            async for _ in pages:
                break
        assert len(asyncio.all_tasks()) == before


async def test_letters_that_go_meanwhile_are_no_error(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(50)
        letters = DeadLetters(q.api, q.layout)
        extent = await letters.extent()
        await q.api.request(f"STREAM.PURGE.{NAMES.dlq_stream}")
        for newest_first in (True, False):
            pages = letters.skim(1, kept[-1], extent, newest_first=newest_first)
            assert [x async for page in pages for x in page] == []


@pytest.mark.usefixtures("small_pages")
async def test_a_page_of_a_filter_goes_on_below_the_last(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await fill(q, 60)
        names = WorkQueue(q.connection, NAMES, SystemClock(), operator="test")
        wanted = parse_filter("tenant:acme-1")
        everything = [x.sequence for x in expected(await q_letters(q), Selection(wanted))]
        found: list[int] = []
        before: int | None = None
        while True:
            page = await read_page(names, 5, before, wanted)
            found += [x.sequence for x in page.letters]
            if not page.more:
                break
            before = found[-1]
        assert found == everything
        groups = await read_groups(names, Selection(wanted))
        assert (groups.matched, groups.scanned) == (len(everything), page.depth)
        assert sum(group.count for group in groups.groups) == len(everything)
        few = await read_groups(names, Selection(wanted), among=1)
        assert few.scanned < page.depth
        newest = {x.sequence for x in (await q_letters(q))[: few.scanned]}
        assert few.matched == len(newest.intersection(everything))


async def q_letters(q: Queue) -> list[StoredDeadLetter]:
    return await DeadLetters(q.api, q.layout).newest(1000)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_a_server_that_goes_ends_it_with_a_word(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q:
        await q.bury_many(200)
        api = Api(q.connection.client, within=0.5)
        pages = select(DeadLetters(api, q.layout), Selection(), NOW)
        async with aclosing(pages):
            await anext(pages)
            nats_server.kill()
            with pytest.raises((UncertainError, UnreachableError)):
                async for _ in pages:
                    pass
