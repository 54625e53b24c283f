"""Purge into the archive, and undo: real servers, both layouts."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence

import pytest

from farutech_console.operations.audit.log import read_audit
from farutech_console.operations.changes.plan import make_plan
from farutech_console.operations.changes.run_plan import run_plan
from farutech_console.operations.changes.undo import UndoPlan, plan_undo, undo
from farutech_console.operations.errors import ArchiveError, NothingToUndoError
from farutech_console.operations.model import Outcome, PlanKind
from farutech_console.operations.queue import Queue as OperatedQueue
from tests.support.nats_server import NatsServer
from tests.support.operating import OPERATOR, operated
from tests.support.queues import NAMES, LayoutKind, Queue, letter, queue
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.moves.archive import Archive
from worker.model.dead_letter import StoredDeadLetter

LAYOUTS: Sequence[LayoutKind] = ("fresh", "go")


async def carried_out(
    o: OperatedQueue, kind: PlanKind, sequences: Sequence[int] | None = None, why: str = ""
) -> list[Outcome]:
    plan = await make_plan(o.api, await o.fresh_layout(), kind, sequences, clock=o.clock)
    return [outcome async for outcome in run_plan(o, plan, why=why)]


async def undone(o: OperatedQueue, plan: UndoPlan | None = None) -> list[Outcome]:
    return [outcome async for outcome in undo(o, plan or await plan_undo(o))]


async def letters(q: Queue) -> list[StoredDeadLetter]:
    reader = DeadLetters(q.api, q.layout)
    return [one async for page in reader.scan() for one in page]


async def task_ids(q: Queue) -> list[str]:
    return [one.task.task_id for one in await letters(q)]


def kinds(outcomes: Sequence[Outcome]) -> dict[str, int]:
    return dict(Counter(outcome.outcome for outcome in outcomes))


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_a_purge_comes_back_as_it_was(server_versions: NatsServer, kind: LayoutKind) -> None:
    async with queue(server_versions, kind) as q:
        o = operated(q)
        strange = b'{"task": {"task_id": "x", "k": 1.0}, "error": "\\ud800"}\n'
        own = {"X-Trace": "ä b", "Nats-Msg-Id": "death-1", "Farutech-Replay-Count": "2"}
        first = await q.bury(strange, own)
        other = await q.bury(b"\x00\xff no letter")
        stays = await q.bury(letter(3))
        purged = await carried_out(o, "purge", [first, other], why="clutter")
        assert kinds(purged) == {"purged": 2}
        assert [one.sequence for one in await letters(q)] == [stays]
        plan = await plan_undo(o)
        assert (plan.sequences, plan.came_back) == ((first, other), 0)
        assert (plan.by, plan.why) == (OPERATOR, "clutter")
        assert kinds(await undone(o, plan)) == {"restored": 2}
        there = await letters(q)
        assert [one.body for one in there[1:]] == [strange, b"\x00\xff no letter"]
        assert there[1].headers["X-Trace"] == "ä b"
        assert there[1].headers["Farutech-Replay-Count"] == "2"
        assert there[1].headers["Farutech-Restored-Of"] == f"{plan.generation}-{first}"
        assert "death-1" not in there[1].headers.values()
        assert not [name for name in there[1].headers if name.startswith("Farutech-Archive")]


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_an_undo_happens_once(nats_server: NatsServer, kind: LayoutKind) -> None:
    async with queue(nats_server, kind) as q:
        o = operated(q)
        await q.bury_many(5)
        await carried_out(o, "purge")
        stale = await plan_undo(o)
        await undone(o)
        again = await plan_undo(o)
        assert (again.count, again.came_back) == (0, 5)
        assert await undone(o, again) == []
        assert kinds(await undone(o, stale)) == {"already": 5}
        await carried_out(o, "replay")
        assert kinds(await undone(o, stale)) == {"already": 5}
        assert (await plan_undo(o)).count == 0
        assert await letters(q) == []
        assert len(await q.tasks()) == 5


async def test_what_came_back_is_purged_and_comes_back_again(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        o = operated(q)
        await q.bury_many(3)
        first = {entry.id async for entry in read_audit(o)}
        for _ in range(3):
            assert kinds(await carried_out(o, "purge")) == {"purged": 3}
            assert kinds(await undone(o)) == {"restored": 3}
        assert sorted(await task_ids(q)) == ["task-0", "task-1", "task-2"]
        assert not first
        older = [entry async for entry in read_audit(o) if entry.action == "purge"][-1]
        assert (await plan_undo(o, older.id[:8])).count == 0


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_two_who_purge_and_two_who_undo_at_once(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q, queue(nats_server, None) as r:
        anna, ben = operated(q), operated(r, operator="ben@desk")
        await q.bury_many(300)
        both = await asyncio.gather(*(carried_out(o, "purge") for o in (anna, ben)))
        assert sum(kinds(outcomes).get("purged", 0) for outcomes in both) == 300
        assert all(set(kinds(outcomes)) <= {"purged", "already"} for outcomes in both)
        purges = [entry.id async for entry in read_audit(anna) if entry.outcomes.get("purged")]
        for purge in purges:
            plan = await plan_undo(anna, purge)
            both = await asyncio.gather(*(undone(o, plan) for o in (anna, ben)))
            assert all(set(kinds(outcomes)) <= {"restored", "already"} for outcomes in both)
        assert Counter(await task_ids(q)) == {f"task-{n}": 1 for n in range(300)}


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_each_letter_is_replayed_or_purged_and_never_both(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with (
        queue(server_versions, kind) as q,
        queue(server_versions, None) as r,
        queue(server_versions, None) as s,
    ):
        people = [operated(one, operator=f"{n}@desk") for n, one in enumerate((q, r, s))]
        count = 300 if kind == "fresh" else 60
        sequences = await q.bury_many(count)
        half = [sequences[start::2] for start in (0, 1)]
        plans: list[tuple[PlanKind, Sequence[int]]] = [
            ("replay", sequences),
            ("purge", sequences[::-1]),
            ("replay", half[1]),
        ]
        outcomes = await asyncio.gather(
            *(carried_out(o, kind, which) for o, (kind, which) in zip(people, plans, strict=True))
        )
        for told in outcomes[::2]:
            assert not [one.detail for one in told if one.outcome not in ("replayed", "already")]
        # What is being replayed when a purge meets it stays for the replay.
        assert set(kinds(outcomes[1])) <= {"purged", "already", "failed"}
        assert await letters(q) == []
        (purge,) = [entry async for entry in read_audit(people[0]) if entry.action == "purge"]
        plan = await plan_undo(people[0], purge.id)
        await undone(people[0], plan)
        sent = Counter(task["task_id"] for task in await q.tasks())
        back = Counter(await task_ids(q))
        assert sent + back == {f"task-{n}": 1 for n in range(count)}


async def test_hard_keeps_no_copy(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        o = operated(q)
        await q.bury_many(3)
        assert kinds(await carried_out(o, "purge_hard")) == {"purged": 3}
        assert await q.counts("PROVISIONING_ARCHIVE") == {}
        with pytest.raises(NothingToUndoError, match="no purge is on record"):
            await plan_undo(o)


async def test_a_letter_too_large_for_the_archive_stays(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        o = operated(q)
        large = letter(0, error="x" * (q.api.client.max_payload - 500))
        large["error"] = "x" * (q.api.client.max_payload - len(json.dumps(letter(0))) - 20)
        kept = await q.bury(json.dumps(large).encode())
        small = await q.bury(letter(1))
        told = await carried_out(o, "purge")
        assert [outcome.outcome for outcome in told] == ["failed", "purged"]
        assert "--hard" in told[0].detail
        assert [one.sequence for one in await letters(q)] == [kept]
        assert [outcome.sequence for outcome in await undone(o)] == [small]


async def test_a_letter_that_cannot_be_deleted_does_not_come_back_too(
    nats_server: NatsServer,
) -> None:
    async with queue(nats_server) as q:
        o = operated(q)
        kept = await q.bury_many(2)
        config = (await q.api.request("STREAM.INFO.PROVISIONING_DLQ"))["config"]
        await q.api.request("STREAM.DELETE.PROVISIONING_DLQ")
        denied = config | {"deny_delete": True, "deny_purge": True}
        await q.api.request("STREAM.CREATE.PROVISIONING_DLQ", denied)
        kept = await q.bury_many(2)
        told = await carried_out(o, "purge")
        assert kinds(told) == {"failed": 2}
        assert [one.sequence for one in await letters(q)] == kept
        assert (await plan_undo(o)).count == 0


async def test_there_is_no_purge_without_an_archive(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        o = operated(q)
        await q.bury_many(2)
        await q.api.request("STREAM.DELETE.PROVISIONING_ARCHIVE")
        elsewhere = {"name": "OTHERS", "subjects": ["provisioning.archive.>"]}
        await q.api.request("STREAM.CREATE.OTHERS", elsewhere)
        with pytest.raises(ArchiveError, match=r"nothing was changed.*OTHERS.*--hard"):
            await carried_out(o, "purge")
        assert len(await letters(q)) == 2


@pytest.mark.parametrize("which", ["last", "0123456789", "abc"])
async def test_what_cannot_be_undone_is_told(nats_server: NatsServer, which: str) -> None:
    async with queue(nats_server) as q:
        with pytest.raises(NothingToUndoError):
            await plan_undo(operated(q), which)


async def test_why_is_no_header_of_its_own(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        o = operated(q, operator="eve\r\nNats-Rollup: all")
        kept = await q.bury_many(1)
        await carried_out(o, "purge", why="x\r\nNats-TTL: 1s\r\n\r\nbody")
        copy = await Archive(q.api, NAMES).copy(f"{q.layout.dlq_generation}-{kept[0]}")
        assert copy is not None
        assert not {"Nats-Rollup", "Nats-TTL"} & set(copy.headers)
        assert copy.headers["Farutech-Archive-Why"].startswith("x\\r\\nNats-TTL")
        assert kinds(await undone(o)) == {"restored": 1}
