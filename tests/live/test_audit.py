from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from farutech_console.operations.audit.log import (
    AuditEntry,
    Wanted,
    audit_page,
    entry_record,
    read_audit,
)
from farutech_console.operations.audit.recording import Change, audited
from farutech_console.operations.changes.plan import make_plan
from farutech_console.operations.changes.run_plan import run_plan
from farutech_console.operations.errors import AuditError, ReadOnlyError
from farutech_console.operations.model import Plan, PlanKind
from farutech_console.operations.queue import Queue as OperatedQueue
from tests.support.nats_server import NatsServer
from tests.support.operating import OPERATOR, operated
from tests.support.queues import NAMES, LayoutKind, Queue, queue
from worker.jetstream.errors import JetStreamError
from worker.jetstream.messages import delete_message
from worker.jetstream.replays.claims import Author, Claims, claim_body
from worker.jetstream.topology.layout import ensure_claims

LAYOUTS: Sequence[LayoutKind] = ("fresh", "go")
NOTE = Change("note", "connection refused")


async def plan(o: OperatedQueue, kind: PlanKind, sequences: Sequence[int] | None = None) -> Plan:
    return await make_plan(o.api, await o.layout(), kind, sequences, clock=o.clock)


async def entries(o: OperatedQueue, wanted: Wanted | None = None) -> list[AuditEntry]:
    return [entry async for entry in read_audit(o, wanted)]


async def create_audit(q: Queue, **limits: object) -> None:
    await q.api.request("STREAM.DELETE.PROVISIONING_AUDIT")
    config = {"name": "PROVISIONING_AUDIT", "subjects": ["provisioning.audit.*"], **limits}
    await q.api.request("STREAM.CREATE.PROVISIONING_AUDIT", {"storage": "memory", **config})


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_a_change_is_recorded_with_all_that_is_known(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q:
        o = operated(q)
        kept = await q.bury_many(5)
        made = await plan(o, "purge", kept[:3])
        outcomes = [outcome async for outcome in run_plan(o, made, why="they are tests")]
        (entry,) = await entries(o)
        assert [outcome.outcome for outcome in outcomes] == ["purged"] * 3
        assert (entry.action, entry.by, entry.state) == ("purge", OPERATOR, "done")
        assert entry.outcomes == {"purged": 3}
        assert (entry.why, entry.count) == ("they are tests", 3)
        assert entry.about == q.layout.dead_letters.name
        assert entry.sequences.replace("-", ",").split(",")[0] == str(kept[0])
        assert entry.command == made.command
        assert entry.generation == q.layout.dlq_generation
        assert entry.seen_from["ip"] == "127.0.0.1"
        assert entry.ended_at is not None
        assert entry.began_at <= entry.ended_at
        assert set(entry_record(entry)) >= {"id", "action", "by", "from", "state", "outcomes"}


async def test_the_latest_comes_first_and_each_once(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        anna, ben = operated(q), operated(q, operator="ben@desk")
        for number in range(210):
            async with audited(ben if number % 2 else anna, Change("note", str(number))):
                pass
        async with audited(anna, Change("pause", "provisioning-worker")):
            pass
        found = await entries(anna)
        assert [entry.action for entry in found[:2]] == ["pause", "note"]
        assert [entry.about for entry in found[1:]] == [str(n) for n in range(209, -1, -1)]
        assert len({entry.id for entry in found}) == 211
        assert len(await entries(anna, Wanted(by="BEN"))) == 105
        assert len(await entries(anna, Wanted(action="pause"))) == 1
        assert [entry.about for entry in await entries(anna, Wanted(id=found[7].id))] == [
            found[7].about
        ]
        first = await audit_page(anna, 3)
        assert (first.entries, first.more) == (tuple(found[:3]), True)
        last = await audit_page(anna, 1000, before=found[200].sequence)
        assert (last.entries, last.more) == (tuple(found[201:]), False)


async def test_how_a_change_ends_is_told_apart(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        o = operated(q)
        async with audited(o, NOTE) as tally:
            tally.stopped = True
        with pytest.raises(JetStreamError):
            async with audited(o, NOTE):
                raise JetStreamError("the server went away")
        with pytest.raises(KeyboardInterrupt):
            async with audited(o, NOTE):
                raise KeyboardInterrupt
        async with audited(o, NOTE) as tally:
            tally.count("failed", 17, "it is too large")
            (running, *_) = await entries(o)
        ended, broken, failed, stopped = await entries(o)
        assert running.state == "open"
        assert (ended.state, ended.outcomes) == ("done", {"failed": 1})
        assert ended.failures[0]["sequence"] == 17
        assert (failed.state, failed.error) == ("failed", "the server went away")
        assert (broken.state, stopped.state) == ("stopped", "stopped")


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_what_an_open_change_left_half_done_is_told(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q:
        o = operated(q)
        first, second = await q.bury_many(2)

        async def told() -> list[int | None]:
            return [entry.half_done for entry in (await audit_page(o, 10)).entries]

        async with audited(o, NOTE), audited(o, Change("replay", NAMES.dlq_stream)) as tally:
            assert await told() == [0, None]
            layout = await o.fresh_layout()
            claims = Claims(q.api, await ensure_claims(q.api, layout), layout)
            await claims.take(first, claim_body("claimed", Author("me", tally.id)))
            await claims.take(second, claim_body("claimed", Author("me", "another")))
            assert await told() == [1, None]
            await delete_message(q.api, layout.dead_letters.name, first)
            assert await told() == [0, None]
        assert await told() == [None, None]


async def test_nothing_is_changed_where_it_cannot_be_recorded(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        o = operated(q)
        kept = await q.bury_many(3)
        await create_audit(q, max_msg_size=10)
        with pytest.raises(AuditError, match=r"nothing was changed.*PROVISIONING_AUDIT"):
            _ = [outcome async for outcome in run_plan(o, await plan(o, "purge"))]
        assert (await plan(o, "purge")).sequences == tuple(kept)


async def test_the_change_stands_where_its_end_cannot_be_recorded(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        o = operated(q)
        await create_audit(q, max_msgs=1, discard="new")
        with pytest.raises(AuditError, match="the change was made"):
            async with audited(o, NOTE):
                pass
        (entry,) = await entries(o)
        assert entry.state == "open"


async def test_a_read_only_console_writes_no_record(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        with pytest.raises(ReadOnlyError, match=r"read-only.*note"):
            async with audited(operated(q, read_only=True), NOTE):
                pytest.fail("it was let in")
        assert await q.counts("PROVISIONING_AUDIT") == {}


HOSTILE = 'x"},"by":"root","a":"\r\nNats-Rollup: all\r\n\x1b[2J[@click=app.bell]=1+1\u202e'


async def test_words_of_others_stay_words(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        o = operated(q)
        change = Change("note", HOSTILE, why=HOSTILE * 200, details={"cause": HOSTILE})
        async with audited(o, change) as tally:
            tally.count("failed", 1, HOSTILE)
        (entry,) = await entries(o)
        assert (entry.by, entry.about) == (OPERATOR, HOSTILE)
        assert entry.why.startswith(HOSTILE)
        assert len(entry.why) == 2000
        assert entry.details == {"cause": HOSTILE}


async def test_records_that_are_none_are_passed_over(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        o = operated(q)
        bodies: Sequence[object] = (
            [1],
            {"phase": "ended"},
            {"phase": "begun", "id": 7, "count": "x", "from": [], "outcomes": 3},
            {"phase": "other"},
        )
        await q.api.publish(NAMES.audit("note"), b"\xff\x00 no JSON")
        for body in bodies:
            await q.api.publish(NAMES.audit("note"), json.dumps(body).encode())
        async with audited(o, NOTE):
            pass
        good, odd = await entries(o)
        assert good.about == NOTE.about
        assert (odd.id, odd.count, odd.seen_from) == ("", 0, {})


async def test_many_letters_are_named_in_few_words(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        o = operated(q)
        many = Change("purge", "PROVISIONING_DLQ", sequences=tuple(range(1, 100_001)))
        scattered = Change("purge", "PROVISIONING_DLQ", sequences=tuple(range(1, 40_000, 2)))
        for change in (many, scattered):
            async with audited(o, change):
                pass
        cut, whole = await entries(o)
        assert (whole.sequences, whole.sequences_cut, whole.count) == ("1-100000", False, 100_000)
        assert cut.sequences_cut
        assert (cut.count, cut.sequences.split(",")[:2]) == (20_000, ["1", "3"])
        assert cut.fingerprint == scattered.fingerprint != whole.fingerprint
