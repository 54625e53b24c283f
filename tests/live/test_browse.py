from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, letter, queue, sample_lines, task
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.messages import delete_message
from worker.model.dead_letter import StoredDeadLetter

LAYOUTS: Sequence[LayoutKind] = ("fresh", "go")


def sequences(letters: Sequence[StoredDeadLetter]) -> list[int]:
    return [stored.sequence for stored in letters]


async def scanned(letters: DeadLetters, after: int = 0, last: int | None = None) -> list[int]:
    return [x.sequence async for page in letters.scan(after, last, page=7) for x in page]


async def with_holes(queue: Queue, groups: Sequence[tuple[int, int]]) -> list[int]:
    """Bury groups of letters, each followed by so many sequences that are gone."""
    kept: list[int] = []
    home = queue.layout.dead_letters.name
    for letters, gone in groups:
        kept += await queue.bury_many(letters)
        lost = [await queue.bury(b"{}") for _ in range(gone)]
        await asyncio.gather(*(delete_message(queue.api, home, seq) for seq in lost))
    return kept


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_reads_both_ways_on_every_server(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with queue(server_versions, kind) as q:
        kept = await with_holes(q, [(40, 0), (3, 150), (1, 1), (1, 30), (25, 2)])
        letters = DeadLetters(q.api, q.layout)
        assert await scanned(letters) == kept
        assert await scanned(letters, kept[10], kept[50]) == kept[11:51]
        for limit in (1, 10, 500):
            assert sequences(await letters.newest(limit)) == kept[::-1][:limit]
            assert sequences(await letters.oldest(limit)) == kept[:limit]
        for before in (kept[0], kept[1], kept[42], kept[43] + 1, kept[-1]):
            below = [seq for seq in kept if seq < before][::-1]
            assert sequences(await letters.newest(10, before)) == below[:10]
        assert sequences(await letters.oldest(10, kept[30])) == kept[31:41]
        assert sorted(await letters.these([kept[0], kept[-1], kept[-1] + 1])) == [
            kept[0],
            kept[-1],
        ]
        assert sorted(await letters.these(kept)) == kept


async def test_the_reader_is_the_fast_one_where_there_is_one(server_versions: NatsServer) -> None:
    async with queue(server_versions) as q:
        reader = DeadLetters(q.api, q.layout)._reader
        many = q.layout.server.api_level >= 1
        assert (await reader.count_from(1) is not None) is many


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_both_readers_agree_about_every_letter(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    hostile = {
        "Status": "503",
        "Description": "No Responders",
        "Nats-Sequence": "99",
        "Nats-Msg-Id": "original",
        "Umlaut": "Básico",
        "Empty": "",
    }
    async with queue(nats_server, kind) as q:
        await q.bury(letter(0), headers=hostile)
        await q.bury(b"\x00\xff not json")
        for line in sample_lines("go-dead-letters.jsonl"):
            await q.bury(line)
        letters = DeadLetters(q.api, q.layout)
        newest = await letters.newest(10)
        one_by_one = [await letters.letter(x.sequence) for x in newest]
        assert newest == one_by_one
        first = newest[-1]
        assert first.letter is not None
        assert first.task.task_id == "task-0"
        assert first.headers == {k: v for k, v in hostile.items() if k != "Nats-Sequence"}
        assert newest[-2].letter is None
        assert newest[-2].body == b"\x00\xff not json"
        assert "not UTF-8" in newest[-2].problem


async def test_tasks_between_them_are_not_dead_letters(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as q:
        kept = []
        for number in range(30):
            await q.api.publish(NAMES.tasks, json.dumps(task(number)).encode())
            kept.append(await q.bury(letter(number)))
        letters = DeadLetters(q.api, q.layout)
        assert sequences(await letters.newest(5)) == kept[::-1][:5]
        assert await scanned(letters) == kept
        assert await letters.letter(kept[0] - 1) is None


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_depth_and_ages_without_a_scan(nats_server: NatsServer, kind: LayoutKind) -> None:
    async with queue(nats_server, kind) as q:
        letters = DeadLetters(q.api, q.layout)
        empty = await letters.extent()
        assert (empty.depth, empty.oldest_at, empty.newest_at) == (0, None, None)
        assert await letters.newest(10) == []
        assert await scanned(letters) == []
        await q.bury_many(3)
        await q.api.publish(NAMES.tasks, json.dumps(task()).encode())
        extent = await letters.extent()
        stored = await letters.oldest(3)
        assert extent.depth == 3
        assert (extent.oldest_at, extent.newest_at) == (stored[0].stored_at, stored[2].stored_at)


@pytest.mark.parametrize(("kind", "hours"), [("fresh", None), ("go", 72)])
async def test_says_when_a_letter_expires(
    nats_server: NatsServer, kind: LayoutKind, hours: int | None
) -> None:
    async with queue(nats_server, kind) as q:
        await q.bury(letter())
        (stored,) = await DeadLetters(q.api, q.layout).newest(1)
        left = stored.expires_at and (stored.expires_at - stored.stored_at).total_seconds() / 3600
        assert left == hours


async def test_large_letters_come_whole(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        big = json.dumps(letter(error="x" * 1_000_000)).encode()
        kept = [await q.bury(big) for _ in range(20)]
        letters = DeadLetters(q.api, q.layout)
        newest = await letters.newest(20)
        assert sequences(newest) == kept[::-1]
        assert all(len(stored.error) == 1_000_000 for stored in newest)


async def test_goes_on_when_direct_get_is_switched_off(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(5)
        letters = DeadLetters(q.api, q.layout)
        info = await q.api.request(f"STREAM.INFO.{NAMES.dlq_stream}")
        await q.api.request(
            f"STREAM.UPDATE.{NAMES.dlq_stream}", info["config"] | {"allow_direct": False}
        )
        assert sequences(await letters.newest(5)) == kept[::-1]
