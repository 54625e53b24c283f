"""Replays by many at once, or cut short before: who claimed a letter, and what nobody can judge."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, queue
from tests.support.replays import LAYOUTS, left_behind, replay, results
from worker.jetstream.replays.claims import Author, Claims, claim_body
from worker.jetstream.replays.memory import claims_in_doubt
from worker.jetstream.replays.replayer import Replayed, Replayer
from worker.jetstream.topology.layout import discover, ensure_claims
from worker.model.clock import SystemClock
from worker.model.replay import Unknown


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_operators_at_once_replay_each_letter_once(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with queue(server_versions, kind) as q, queue(server_versions, None) as other:
        kept = await q.bury_many(120)
        both = await asyncio.gather(
            replay(q, kept, "a"), replay(other, kept[::-1], "b"), replay(q, kept[60:], "c")
        )
        assert Counter(task["task_id"] for task in await q.tasks()) == {
            f"task-{n}": 1 for n in range(120)
        }
        each = [outcome for outcomes in both for outcome in outcomes]
        assert set(results(each)) <= {"replayed", "already"}
        assert results(each)["replayed"] <= 120
        assert await left_behind(q) == {}


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_a_letter_read_long_ago_is_not_sent_again(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    """One operator reads, another replays all of it, claims removed; then the first goes on."""
    async with queue(nats_server, kind) as q:
        kept = await q.bury_many(5)
        halted = False

        async def other_is_faster(step: str) -> None:
            nonlocal halted
            if step in ("read", "claimed") and not halted:
                halted = True
                await replay(q, kept, run="faster")

        slow = Replayer(
            q.api, q.layout, Author("slow", "slow"), clock=SystemClock(), step=other_is_faster
        )
        outcomes = [outcome async for outcome in slow.run(kept)]
        assert halted
        assert Counter(task["task_id"] for task in await q.tasks()) == {
            f"task-{n}": 1 for n in range(5)
        }
        if kind == "fresh":
            assert results(outcomes) == {"already": 5}
        assert await left_behind(q) == {}


async def test_a_claim_nobody_can_judge_is_called_unknown(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as q:
        kept = await q.bury_many(2)
        claims = Claims(q.api, await ensure_claims(q.api, q.layout), q.layout)
        elsewhere = claim_body("claimed", Author("eve@laptop", "lost"), server="another start")
        await claims.take(kept[0], elsewhere)
        outcomes = await replay(q, kept)
        assert [outcome.result for outcome in outcomes] == ["unknown", "replayed"]
        assert "eve@laptop" in outcomes[0].detail
        assert [task["task_id"] for task in await q.tasks()] == ["task-1"]
        assert (await q.counts())[NAMES.dlq] == 1


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_what_nobody_can_judge_is_settled_as_the_operator_says(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with queue(server_versions, kind) as q:
        clock = SystemClock()
        kept = await q.bury_many(3)
        claims = Claims(q.api, await ensure_claims(q.api, q.layout), q.layout)
        elsewhere = claim_body("claimed", Author("eve@laptop", "lost"), server="another start")
        for sequence in kept[:2]:
            await claims.take(sequence, elsewhere)
        doubts = await claims_in_doubt(q.api, q.layout, clock)
        assert [claim.sequence for claim in doubts] == kept[:2]
        assert "eve@laptop" in doubts[0].told

        async def settled(sequence: int, unknown: Unknown) -> Replayed:
            author = Author("ana@host", unknown)
            again = Replayer(q.api, q.layout, author, clock=clock)
            run = again.run([sequence], unknown=unknown)
            (outcome,) = [outcome async for outcome in run]
            return outcome

        assert (await settled(kept[0], "keep")).result == "unknown"
        sent = await settled(kept[0], "send")
        assert (sent.result, "may run twice" in sent.detail) == ("replayed", True)
        dropped = await settled(kept[1], "drop")
        assert (dropped.result, "taken as sent" in dropped.detail) == ("already", True)
        assert [task["task_id"] for task in await q.tasks()] == ["task-0"]
        assert await left_behind(q) == {NAMES.dlq: 1}
        assert await claims_in_doubt(q.api, q.layout, clock) == []


async def test_operators_who_settle_the_same_at_once_send_it_once(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as q, queue(nats_server, None) as other:
        kept = await q.bury_many(20)
        claims = Claims(q.api, await ensure_claims(q.api, q.layout), q.layout)
        for sequence in kept:
            body = claim_body("claimed", Author("eve@laptop", "lost"), server="another start")
            await claims.take(sequence, body)

        async def send(where: Queue, run: str) -> list[Replayed]:
            author = Author(f"{run}@host", run)
            again = Replayer(where.api, where.layout, author, clock=SystemClock())
            return [outcome async for outcome in again.run(kept, unknown="send")]

        both = await asyncio.gather(send(q, "a"), send(other, "b"))
        assert Counter(task["task_id"] for task in await q.tasks()) == {
            f"task-{n}": 1 for n in range(20)
        }
        assert {x.result for outcomes in both for x in outcomes} <= {"replayed", "already"}
        assert await left_behind(q) == {}


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_each_of_two_operators_is_told_who_replayed_what(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    """Each letter is replayed once; who did not replay it hears who did while that goes on."""
    async with queue(server_versions, kind) as q, queue(server_versions, None) as other:
        kept = await q.bury_many(6)
        told: list[Replayed] = []
        looked = False

        async def other_looks_in(step: str) -> None:
            nonlocal looked
            if step in ("sent", "marked") and not looked:
                looked = True
                author = Author("ben@host", "ben")
                late = Replayer(other.api, other.layout, author, clock=SystemClock())
                told.extend([outcome async for outcome in late.run(kept)])

        author = Author("ana@host", "ana")
        first = Replayer(q.api, q.layout, author, clock=SystemClock(), step=other_looks_in)
        outcomes = [outcome async for outcome in first.run(kept)]
        assert Counter(task["task_id"] for task in await q.tasks()) == {
            f"task-{n}": 1 for n in range(6)
        }
        assert [x.sequence for x in told] == kept
        taken = [x for x in told if x.result == "already"]
        assert taken
        assert any("replayed by ana@host" in x.detail for x in taken)
        replayed = results(outcomes)["replayed"] + results(told)["replayed"]
        assert 6 - len(taken) <= replayed <= 6
        assert await left_behind(q) == {}


async def test_claims_of_an_earlier_life_are_swept(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        claims = Claims(q.api, NAMES.stream, q.layout)
        (sequence,) = await q.bury_many(1)
        await claims.take(sequence, claim_body("published", Author("eve", "x")))
        await q.api.request(f"STREAM.DELETE.{NAMES.dlq_stream}")
    async with queue(nats_server) as q:
        again = await discover(q.api, NAMES)
        await Replayer(q.api, again, Author("me", "y"), clock=SystemClock()).recover()
        assert await q.counts() == {}
