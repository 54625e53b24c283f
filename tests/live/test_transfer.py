"""Export and import on real servers: every byte is kept, and nothing comes twice."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Sequence
from typing import BinaryIO

import pytest

from farutech_console.operations.files.transfer import (
    LEFT,
    STILL_THERE,
    export_letters,
    import_letters,
    plan_import,
)
from farutech_console.operations.filter.parser import parse_filter
from farutech_console.operations.letters.selection import Selection
from farutech_console.operations.model import Outcome
from farutech_console.operations.queue import Queue as OperatedQueue
from tests.live.test_archive import carried_out, kinds, letters, undone
from tests.support.nats_server import NatsServer
from tests.support.operating import operated
from tests.support.queues import LayoutKind, letter, queue

LAYOUTS: Sequence[LayoutKind] = ("fresh", "go")
ODD = b'{"task": {"task_id": "odd"}, "n": 1.0, "error": "\\ud800 \xc3\xb1"}'


async def exported(o: OperatedQueue, selection: Selection | None = None) -> BinaryIO:
    pages = export_letters(o, selection or Selection(order="oldest"), "jsonl")
    return io.BytesIO(b"".join([page async for page in pages]))


async def imported(
    o: OperatedQueue, file: BinaryIO, *, even_if_gone: bool = False
) -> list[Outcome]:
    plan = await plan_import(o, file, "letters.jsonl", even_if_gone=even_if_gone)
    return [outcome async for outcome in import_letters(o, file, plan)]


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_letters_go_to_another_server_as_they_are(
    server_versions: NatsServer, nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(server_versions, kind) as q, queue(nats_server) as r:
        here, there = operated(q), operated(r)
        bodies = [ODD, b"\x00\xff", json.dumps(letter(1)).encode()]
        for number, body in enumerate(bodies):
            await q.bury(body, {"X-Trace": "é, ü", "Nats-Msg-Id": f"death-{number}"})
        file = await exported(here)
        assert kinds(await imported(there, file)) == {"restored": 3}
        for _ in range(2):
            assert kinds(await imported(there, file)) == {"already": 3}
        found = await letters(r)
        assert [one.body for one in found] == bodies
        assert {one.headers["X-Trace"] for one in found} == {"é, ü"}
        assert not [one for one in found if "death-1" in one.headers.values()]
        await carried_out(there, "purge_hard")
        assert kinds(await imported(there, file)) == {"already": 3}
        assert await letters(r) == []


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_what_lies_there_or_left_is_not_imported(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q:
        o = operated(q)
        kept = await q.bury_many(4)
        file = await exported(o)
        assert {outcome.detail for outcome in await imported(o, file)} == {STILL_THERE}
        await carried_out(o, "replay", kept[:1])
        await carried_out(o, "purge_hard", kept[1:2])
        await carried_out(o, "purge", kept[2:3])
        outcomes = {one.sequence: one for one in await imported(o, file)}
        assert outcomes[kept[0]].detail == outcomes[kept[1]].detail == LEFT
        assert outcomes[kept[2]].outcome == "restored"
        assert outcomes[kept[3]].detail == STILL_THERE
        assert await undone(o) == []
        again = await imported(o, file, even_if_gone=True)
        assert kinds(again) == {"restored": 2, "already": 2}
        assert kinds(await imported(o, file, even_if_gone=True)) == {"already": 4}
        ids = Counter(one.task.task_id for one in await letters(q))
        assert ids == {f"task-{n}": 1 for n in range(4)}


async def test_garbage_is_named_by_line_and_the_rest_goes_on(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        o = operated(q)
        good = b'{"generation":"7","sequence":%d,"body":"x"}\n'
        file = io.BytesIO(
            good % 1 + b"\n" + b"{\n" + good % 2 + good % 1 + b'{"generation":"7"}\n' + b"\xff"
        )
        plan = await plan_import(o, file, "f")
        assert (plan.count, plan.wrong) == (3, 3)
        assert [line for line, _ in plan.first_wrong] == [3, 6, 7]
        outcomes = await imported(o, file)
        assert kinds(outcomes) == {"failed": 3, "restored": 2, "already": 1}
        assert [one.detail.partition(":")[0] for one in outcomes if one.outcome == "failed"] == [
            "line 3",
            "line 6",
            "line 7",
        ]
        assert [one.body for one in await letters(q)] == [b"x", b"x"]


async def test_a_filter_chooses_and_csv_is_for_people(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        o = operated(q)
        await q.bury(letter(0, error="=HYPERLINK(1)"))
        await q.bury(letter(1, error="refused, \x1b[2J\nagain"))
        chosen = Selection(filter=parse_filter("task:task-1"))
        assert len((await exported(o, chosen)).read().splitlines()) == 1
        pages = export_letters(o, Selection(order="oldest"), "csv")
        rows = b"".join([page async for page in pages]).decode().split("\r\n")
        assert rows[0].startswith("sequence,died_at,task_id")
        assert "'=HYPERLINK(1)" in rows[1]
        assert '"refused, \\x1b[2J\\nagain"' in rows[2]


async def test_an_import_that_was_stopped_goes_on(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        o = operated(q)
        lines = [b'{"generation":"7","sequence":%d,"body":"x"}\n' % n for n in range(1, 2501)]
        file = io.BytesIO(b"".join(lines))
        plan = await plan_import(o, file, "f")
        calls = iter([False, True])
        first = [one async for one in import_letters(o, file, plan, stop=lambda: next(calls))]
        assert kinds(first) == {"restored": 1000}
        assert kinds(await imported(o, file)) == {"already": 1000, "restored": 1500}
        assert len(await letters(q)) == 2500
