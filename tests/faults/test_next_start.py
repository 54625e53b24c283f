"""A console is killed with kill -9; the next start of any finishes what it had begun."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from farutech_console.operations.audit.log import read_audit
from farutech_console.operations.changes.edit import draft_of, edit
from farutech_console.operations.changes.unfinished import Finished, finish_interrupted
from farutech_console.operations.queue import Queue as Operated
from tests.conftest import StartNats
from tests.console.driving import live_console, sees
from tests.faults.moving import move_until
from tests.faults.processes import context
from tests.faults.replaying import KILLED, replay_until
from tests.faults.stopping import Stopping
from tests.faults.test_replay_crash import everything_else
from tests.live.test_archive import carried_out, letters
from tests.live.test_permissions import users
from tests.support.commands import invoked
from tests.support.nats_server import NatsServer
from tests.support.operating import operated
from tests.support.queues import NAMES, LayoutKind, Queue, letter, queue
from worker.jetstream.moves.intentions import Intentions
from worker.jetstream.replays.claims import Author, Claims, claim_body
from worker.jetstream.topology.layout import ensure_claims

VICTIMS = 3
QUICKLY = 0.05
MOST_REQUESTS = 60


async def killed(target: Callable[..., None], *args: Any) -> None:
    process = context("tests.faults.replaying").Process(target=target, args=args)
    process.start()
    await asyncio.to_thread(process.join, 30)
    assert process.exitcode == KILLED


async def in_all(q: Queue) -> Counter[str]:
    """Where the tasks are: in the work queue, or in dead letters."""
    return Counter(task["task_id"] for task in await q.tasks()) + Counter(
        one.task_id for one in await letters(q)
    )


@pytest.mark.parametrize(
    ("kind", "step"),
    [("fresh", "sent"), ("fresh", "letter deleted"), ("go", "claimed"), ("go", "sent")],
)
async def test_a_command_finishes_a_replay_that_was_killed(
    server_versions: NatsServer, kind: LayoutKind, step: str
) -> None:
    async with queue(server_versions, kind) as q:
        kept = await q.bury_many(VICTIMS)
        other = await q.bury(letter(VICTIMS))
        await killed(replay_until, server_versions.url, kept, step)
        left = {one.sequence for one in await letters(q)} & set(kept)
        words = ("dlq", "purge", "--seq", str(other), "--yes", "--json")
        said = await invoked(*words, server=server_versions)
        assert said.code == 0
        assert ("Finished an interrupted replay by the victim" in said.err) == bool(left)
        assert [line["outcome"] for line in said.lines[:-1]] == ["purged"]
        assert await in_all(q) == {f"task-{n}": 1 for n in range(VICTIMS)}
        claims = await q.counts(await ensure_claims(q.api, q.layout))
        assert not [name for name in claims if name.startswith("provisioning.replays.")]
        again = await invoked(*words, server=server_versions)
        assert again.err == ""
        await invoked("dlq", "replay", "--all", "--yes", server=server_versions)
        sent = Counter(task["task_id"] for task in await q.tasks())
        assert sent == {f"task-{n}": 1 for n in range(VICTIMS)}
        assert await everything_else(q) == {}


async def test_the_console_finishes_a_replay_that_was_killed(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(VICTIMS)
        await killed(replay_until, nats_server.url, kept, "sent")
        async with live_console(nats_server, read_only=True) as pilot:
            await sees(pilot, "3 dead letters")
        assert len(await letters(q)) == VICTIMS
        async with live_console(nats_server) as pilot:
            await sees(pilot, "Finished an interrupted replay by the victim")
        assert await letters(q) == []
        assert await in_all(q) == {f"task-{n}": 1 for n in range(VICTIMS)}
        assert await everything_else(q) == {}


async def test_a_command_finishes_a_purge_that_was_killed(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await invoked("dlq", "purge", "--seq", "1", "--yes", server=nats_server)
        kept = await q.bury_many(VICTIMS)
        await killed(move_until, nats_server.url, "purge", "run-1", kept, 4)
        assert (await Intentions(q.api, NAMES).standing()).intention is not None
        dry = await invoked("dlq", "replay", "--all", "--dry-run", server=nats_server)
        assert "Finished" not in dry.err
        said = await invoked("dlq", "replay", "--all", "--yes", server=nats_server)
        assert "Finished an interrupted purge by the victim: 3 dead letters." in said.err
        assert await letters(q) == []
        assert await q.tasks() == []
        assert (await Intentions(q.api, NAMES).standing()).intention is None


async def finished(q: Queue, settles: float = QUICKLY) -> Finished:
    return await finish_interrupted(operated(q, operator="ben@desk"), settles)


async def test_who_is_at_work_is_let_be(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as q:
        (kept,) = await q.bury_many(1)
        claims = Claims(q.api, await ensure_claims(q.api, q.layout), q.layout)
        await claims.take(kept, claim_body("claimed", Author("anna", "alive")))
        looking = asyncio.create_task(finished(q, 0.5))
        await asyncio.sleep(0.1)
        found = await claims.find(kept)
        assert found is not None
        await claims.withdraw(found)
        assert await looking == Finished()
        assert await q.tasks() == []


async def test_what_nobody_can_tell_is_left_and_told(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as q:
        kept = await q.bury_many(2)
        claims = Claims(q.api, await ensure_claims(q.api, q.layout), q.layout)
        await claims.take(kept[0], claim_body("claimed", Author("eve", "x"), server="another"))
        left = await finished(q)
        assert (left.in_doubt, left.outcomes) == ((kept[0],), ())
        assert left.told() == [
            f"Of 1 letter nobody can tell whether an interrupted replay sent it ({kept[0]}): "
            "farutech-console dlq replay --help says how to settle it, under --unknown."
        ]
        assert len(await letters(q)) == 2
        assert await q.tasks() == []


async def stopped_at(q: Queue, doing: Coroutine[Any, Any, object], at: int) -> bool:
    """Do it, and have nothing more leave before request `at`; return whether it came to that."""
    stopping = Stopping.of(q.api, at)
    begun = asyncio.create_task(doing)
    stop = asyncio.create_task(stopping.stopped.wait())
    await asyncio.wait((begun, stop), return_when=asyncio.FIRST_COMPLETED)
    came_to_it = stopping.stopped.is_set()
    stopping.kill()
    await asyncio.wait((begun, stop))
    Stopping.of(q.api, 0)
    if not came_to_it:
        begun.result()
    return came_to_it


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_an_edit_that_was_cut_off_never_sends_what_was_there_before(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    """Killed before each request: its task goes as it was edited, once, or not at all."""
    async with queue(nats_server, kind) as q, queue(nats_server, None) as r:
        told = 0
        for at in range(1, MOST_REQUESTS):
            (kept,) = await q.bury_many(1)
            cut_off = await stopped_at(q, _edit(operated(q), kept), at)
            told += len((await finished(r)).edits)
            assert all("production" not in str(one) for one in await r.tasks()), f"killed at {at}"
            for one in await letters(r):
                await _edit(operated(r), one.sequence)
            assert [one["payload"] for one in await r.tasks()] == [{"environment": "staging"}]
            await r.api.request(f"STREAM.PURGE.{NAMES.stream}")
            if not cut_off:
                break
        assert 5 < at < MOST_REQUESTS - 1
        # In one batch with its claim it is sent or it is not; else there is a moment between.
        assert (told > 0) == (kind == "go")


@pytest.mark.parametrize("kind", ["fresh", "go"])
@pytest.mark.parametrize("named", [True, False])
async def test_a_purge_for_good_that_was_cut_off_leaves_no_halves(
    nats_server: NatsServer, kind: LayoutKind, *, named: bool
) -> None:
    """Killed before each request: the next one deletes the rest, and what came since stays."""
    async with queue(nats_server, kind) as q, queue(nats_server, None) as r:
        for at in range(1, MOST_REQUESTS):
            kept = await q.bury_many(VICTIMS)
            purging = carried_out(operated(q), "purge_hard", kept if named else None)
            cut_off = await stopped_at(q, purging, at)
            (later,) = await r.bury_many(1)
            assert await finished(r) == Finished()
            outcomes = await carried_out(operated(r, operator="ben@desk"), "purge_hard", kept)
            assert {one.outcome for one in outcomes} <= {"purged", "already"}
            assert [one.sequence for one in await letters(r)] == [later]
            assert await r.tasks() == []
            await carried_out(operated(r), "purge_hard", [later])
            if not cut_off:
                break
        assert 5 < at < MOST_REQUESTS - 1


async def _edit(o: Operated, sequence: int) -> None:
    draft = await draft_of(o, sequence)
    await edit(o, draft, draft.text.replace("production", "staging"))


async def test_who_may_not_finish_it_is_told_and_goes_on(start_nats: StartNats) -> None:
    denied = "$JS.API.STREAM.MSG.DELETE.>"
    server = start_nats(config=users(f'publish: {{ deny: ["{denied}"] }}'))
    async with queue(server) as q:
        kept = await q.bury_many(VICTIMS)
        await killed(replay_until, server.url, kept, "sent")
        flags = ("--user", "oncall", "--password", "p")
        said = await invoked("dlq", "undo", "--yes", *flags, server=server)
        assert said.code == 1
        assert "What an earlier run left could not be finished: our user may not" in said.err
        assert "no purge is on record" in said.err.lower()


async def test_finishing_is_on_record(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(VICTIMS)
        await killed(replay_until, nats_server.url, kept, "sent")
        left = await finished(q)
        assert {one.outcome for one in left.outcomes} == {"already"}
        (entry,) = [entry async for entry in read_audit(operated(q))]
        assert (entry.action, entry.by, entry.why, entry.outcomes) == (
            "replay",
            "ben@desk",
            "finishes an interrupted replay by the victim",
            {"already": VICTIMS},
        )
