"""Who finished what a killed console had begun is on record, beside the record of that console."""

from __future__ import annotations

import asyncio
import json
from random import Random
from typing import Literal

import pytest
import structlog
from structlog.testing import capture_logs

from farutech_console.operations.audit.log import AuditEntry, Wanted, read_audit
from farutech_console.operations.changes.plan import make_plan
from farutech_console.operations.changes.run_plan import run_plan
from farutech_console.operations.changes.unfinished import finish_interrupted
from farutech_console.operations.model import PlanKind
from tests.conftest import StartNats
from tests.faults.recorded import VICTIM, change_until
from tests.faults.test_next_start import QUICKLY, VICTIMS, killed
from tests.live.test_archive import letters
from tests.live.test_permissions import users
from tests.support.commands import invoked
from tests.support.nats_server import NatsServer
from tests.support.operating import operated
from tests.support.queues import NAMES, LayoutKind, Queue, queue
from worker.jetstream.api import Api
from worker.jetstream.connect.connection import connect
from worker.jetstream.moves.finishings import Finishings
from worker.jetstream.replays.claims import Claims, claim_body
from worker.jetstream.topology.layout import ensure_claims
from worker.model.clock import SystemClock
from worker.model.finishing import Finishing
from worker.model.link import ConnectionOptions, Credentials
from worker.model.surroundings import Surroundings
from worker.runtime.records import Records
from worker.runtime.unfinished import UnfinishedReplays
from worker.runtime.unfinished_moves import UnfinishedMoves

Action = Literal["replay", "purge"]
WORKERS = 3
LOOKS = 6
"""Enough for letters that were left at different steps: what was sent goes first."""
KILLED_AT: list[tuple[LayoutKind, Action, str]] = [
    ("fresh", "replay", "sent"),
    ("go", "replay", "marked"),
    ("go", "replay", "sent"),
    ("fresh", "purge", "copied"),
    ("fresh", "purge", "purged"),
]
# Only a replay finishes a replay: a purge leaves the letters of one to it.
MET_BY: list[tuple[LayoutKind, Action, str, PlanKind]] = [
    (*killed_at, met_by)
    for killed_at in KILLED_AT
    for met_by in ("replay", "purge", "purge_hard")
    if killed_at[1] == "purge" or met_by == "replay"
]
DONE: dict[Action, str] = {"replay": "replayed", "purge": "purged"}


async def workers_look(api: Api) -> list[str]:
    """Have several workers look at once, again and again; return what they logged."""
    around = Surroundings(SystemClock(), Random(0), structlog.get_logger())

    async def one(name: str) -> None:
        records = Records(api, NAMES, around.log)
        chores = (
            UnfinishedReplays(api, NAMES, name, records, around),
            UnfinishedMoves(api, NAMES, name, records, around),
        )
        for _ in range(LOOKS):
            for chore in chores:
                await chore.look()

    with capture_logs() as logged:
        await asyncio.gather(*(one(f"worker-{n}") for n in range(WORKERS)))
    return [entry["event"] for entry in logged]


async def records(q: Queue) -> int:
    return (await q.counts(NAMES.audit_stream)).get(NAMES.audit("finished"), 0)


async def the_change(q: Queue, action: Action) -> AuditEntry:
    """Return the victim's, read among all and among those of its kind alike."""
    o = operated(q)
    (entry,) = [one async for one in read_audit(o) if one.by == VICTIM]
    assert [one async for one in read_audit(o, Wanted(action, VICTIM))] == [entry]
    return entry


@pytest.mark.parametrize(("kind", "action", "step"), KILLED_AT)
async def test_what_workers_finish_is_on_record_once(
    nats_server: NatsServer, kind: LayoutKind, action: Action, step: str
) -> None:
    async with queue(nats_server, kind) as q:
        kept = await q.bury_many(VICTIMS)
        await killed(change_until, nats_server.url, action, kept, step)
        assert (await the_change(q, action)).state == "open"
        await workers_look(q.api)
        assert await letters(q) == []
        entry = await the_change(q, action)
        assert (entry.state, entry.ended_at) == ("finished", None)
        done = [count for one in entry.finished for count in one.outcomes.items()]
        assert {outcome for outcome, _ in done} == {DONE[action]}
        assert sum(count for _, count in done) == VICTIMS
        assert all(one.by.startswith("worker-") for one in entry.finished)
        written = await records(q)
        await workers_look(q.api)
        assert await records(q) == written


@pytest.mark.parametrize(("kind", "action", "step"), KILLED_AT)
async def test_what_the_next_console_finishes_is_on_record(
    nats_server: NatsServer, kind: LayoutKind, action: Action, step: str
) -> None:
    async with queue(nats_server, kind) as q:
        kept = await q.bury_many(VICTIMS)
        await killed(change_until, nats_server.url, action, kept, step)
        await finish_interrupted(operated(q, operator="ben@desk"), QUICKLY)
        entry = await the_change(q, action)
        (finished,) = entry.finished
        assert (finished.by, finished.outcomes) == ("ben@desk", {DONE[action]: VICTIMS})
        # One of what had been sent before, one of what was sent now.
        assert await records(q) in (1, 2)
        said = await invoked("audit", entry.id[:8], server=nats_server)
        assert f"finished     by ben@desk, at {finished.at:%Y-%m-%d}" in said.out
        table = await invoked("audit", "--by", VICTIM, server=nats_server)
        words = f"interrupted, finished by ben@desk at {finished.at:%Y-%m-%d %H:%M:%S} UTC: "
        assert f"{words}{VICTIMS} {DONE[action]}" in table.out
        (line,) = (await invoked("audit", entry.id, "--json", server=nats_server)).lines
        assert (line["state"], line["finished"][0]["outcomes"]) == (
            "finished",
            {DONE[action]: VICTIMS},
        )


@pytest.mark.parametrize(("kind", "action", "step", "plan_kind"), MET_BY)
async def test_what_a_running_console_finishes_on_its_way_is_on_record(
    nats_server: NatsServer,
    kind: LayoutKind,
    action: Action,
    step: str,
    plan_kind: PlanKind,
) -> None:
    async with queue(nats_server, kind) as q:
        kept = await q.bury_many(VICTIMS)
        await killed(change_until, nats_server.url, action, kept, step)
        after = await q.bury_many(1)
        o = operated(q, operator="ben@desk")
        plan = await make_plan(q.api, q.layout, plan_kind, [*kept, *after], clock=o.clock)
        outcomes = [one async for one in run_plan(o, plan)]
        assert {one.outcome for one in outcomes} <= {"replayed", "purged", "already"}
        assert await letters(q) == []
        (finished,) = (await the_change(q, action)).finished
        assert (finished.by, finished.outcomes) == ("ben@desk", {DONE[action]: VICTIMS})


async def test_a_worker_without_an_audit_goes_on_and_says_so_once(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        for _ in range(2):
            kept = await q.bury_many(VICTIMS)
            await killed(change_until, nats_server.url, "replay", kept, "sent")
            await q.api.request(f"STREAM.DELETE.{NAMES.audit_stream}")
        said = await workers_look(q.api)
        assert await letters(q) == []
        assert said.count("audit.not_written") == WORKERS


async def test_a_worker_that_may_not_write_it_goes_on_and_says_so_once(
    start_nats: StartNats,
) -> None:
    denied = NAMES.audit("finished")
    server = start_nats(config=users(f'publish: {{ deny: ["{denied}"] }}'))
    async with queue(server) as q:
        kept = await q.bury_many(VICTIMS)
        await killed(change_until, server.url, "replay", kept, "sent")
        who = Credentials(user="oncall", password="p")
        options = ConnectionOptions(servers=(server.url,), credentials=who)
        async with connect(options, within=10) as connection:
            said = await workers_look(connection.api)
        assert await letters(q) == []
        assert said.count("audit.not_written") == WORKERS
        assert (await the_change(q, "replay")).state == "open"


async def test_of_several_who_finish_the_same_one_is_on_record(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(VICTIMS)
        await killed(change_until, nats_server.url, "purge", kept, "copied")
        run = (await the_change(q, "purge")).id
        for by in ("worker-1", "worker-2"):
            finishing = Finishing(run, by, {"purged": tuple(kept)})
            await Finishings(q.api, NAMES).note(finishing)
        assert await records(q) == 1
        (finished,) = (await the_change(q, "purge")).finished
        assert (finished.by, finished.outcomes) == ("worker-1", {"purged": VICTIMS})


async def test_a_worker_never_takes_the_claim_of_a_killed_one_for_its_own(
    nats_server: NatsServer,
) -> None:
    """It was sent or not, and the server has forgotten by now: nobody may send it again."""
    async with queue(nats_server, "go") as q:
        (kept,) = await q.bury_many(1)
        claims = Claims(q.api, await ensure_claims(q.api, q.layout), q.layout)
        around = Surroundings(SystemClock(), Random(1), structlog.get_logger())
        records = Records(q.api, NAMES, around.log)
        killed_one = UnfinishedReplays(q.api, NAMES, "worker-1", records, around)
        body = claim_body("claimed", killed_one._author, server="another start")
        await claims.take(kept, body)
        await workers_look(q.api)
        assert await q.tasks() == []
        assert len(await letters(q)) == 1


async def test_of_a_letter_that_is_told_twice_the_last_word_counts(
    nats_server: NatsServer,
) -> None:
    """Somebody was killed while finishing, and another said the rest again."""
    async with queue(nats_server) as q:
        kept = await q.bury_many(VICTIMS)
        await killed(change_until, nats_server.url, "purge", kept, "copied")
        run = (await the_change(q, "purge")).id
        told = ("worker-1", {"failed": "1-2", "purged": "3"}), ("worker-2", {"purged": "2-3"})
        for by, named in told:
            said = {"phase": "finished", "of": run, "by": by, "letters": named}
            await q.api.publish(NAMES.audit("finished"), json.dumps(said).encode())
        entry = await the_change(q, "purge")
        assert [(one.by, one.outcomes) for one in entry.finished] == [
            ("worker-1", {"failed": 1, "purged": 1}),
            ("worker-2", {"purged": 1}),
        ]
