"""`topology apply` on real servers: what it changes, and what it leaves alone."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, Queue, letter, queue, task
from tests.support.topology import applied, bodies_in, letters_in, plan, the_move
from tests.support.worker_queue import publish
from worker.jetstream.errors import ApiError
from worker.jetstream.messages import delete_message, next_message
from worker.jetstream.replays.claims import Author, ClaimStep, claim_body
from worker.jetstream.topology.layout import discover, ensure_claims
from worker.jetstream.topology.updates import NotTakenError, update_consumer, update_stream
from worker.model.topology_changes import TakeClaims

STREAM = f"STREAM.INFO.{NAMES.stream}"
CONSUMER = f"CONSUMER.INFO.{NAMES.stream}.{NAMES.consumer}"
HEADED = {"Farutech-Replay-Count": "2", "traceparent": "00-1-2-01", "Nats-Msg-Id": "dead-1-2"}


async def config(where: Queue, verb: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await where.api.request(verb))["config"]
    return answer


async def test_a_fresh_server_gets_all_that_is_declared(server_versions: NatsServer) -> None:
    async with queue(server_versions) as where:
        assert await plan(where.api) == ()
        ledger = await where.connection.client.jetstream().key_value(NAMES.ledger)
        await ledger.put("task-1", b"done")
        assert (await ledger.get("task-1")).value == b"done"
        await where.api.publish(NAMES.audit("replay"), b"{}")
        for forbidden in ("STREAM.PURGE", "STREAM.MSG.DELETE"):
            with pytest.raises(ApiError):
                await where.api.request(f"{forbidden}.{NAMES.audit_stream}", {"seq": 1})


async def test_what_go_made_becomes_as_declared(server_versions: NatsServer) -> None:
    async with queue(server_versions, "go") as where:
        for number in range(5):
            await publish(where, task(number))
            await where.bury(letter(number), HEADED if number == 3 else None)
        before = await letters_in(where, NAMES.stream)

        outcomes = await applied(where, await plan(where.api))
        assert [o.detail for o in outcomes if o.outcome != "applied"] == []
        assert await plan(where.api) == ()
        assert await letters_in(where, NAMES.dlq_stream) == before
        assert (await where.counts()) == {NAMES.tasks: 5}
        layout = await discover(where.api, NAMES)
        assert (layout.dead_letters.name, layout.dead_letters.subjects) == (
            NAMES.dlq_stream,
            (NAMES.dlq,),
        )
        assert layout.atomic_replay == (layout.server.api_level >= 2)

        everything = [await config(where, verb) for verb in (STREAM, CONSUMER)]
        assert await applied(where, await plan(where.api)) == []
        assert [await config(where, verb) for verb in (STREAM, CONSUMER)] == everything
        assert (await where.api.publish(NAMES.dlq, b"later")).stream == NAMES.dlq_stream


async def test_fields_that_nobody_declared_stay(server_versions: NatsServer) -> None:
    async with queue(server_versions, "go") as where:
        theirs = {
            "max_msg_size": 65536,
            "metadata": {"team": "payments"},
            "republish": {"src": "provisioning.tasks", "dest": "copies.tasks"},
        }
        await update_stream(where.api, NAMES.stream, theirs)
        await update_consumer(
            where.api, NAMES.stream, NAMES.consumer, {"sample_freq": "10%", "description": "x"}
        )
        outcomes = await applied(where, await plan(where.api))
        assert {outcome.outcome for outcome in outcomes} == {"applied"}
        stream, consumer = await config(where, STREAM), await config(where, CONSUMER)
    assert stream["max_msg_size"] == 65536
    assert stream["metadata"]["team"] == "payments"
    assert stream["republish"]["dest"] == "copies.tasks"
    assert (consumer["sample_freq"], consumer["description"]) == ("10%", "x")
    assert consumer["max_ack_pending"] == -1


async def test_a_consumer_is_changed_also_after_a_restart(server_versions: NatsServer) -> None:
    async with queue(server_versions, "go") as where:
        created = await config(where, CONSUMER)
    server_versions.restart()
    async with queue(server_versions, None) as where:
        await update_consumer(where.api, NAMES.stream, NAMES.consumer, {"max_ack_pending": -1})
        changed = await config(where, CONSUMER)
    assert (created["max_ack_pending"], changed["max_ack_pending"]) == (1000, -1)


async def test_a_field_that_the_server_drops_is_noticed(server_versions: NatsServer) -> None:
    async with queue(server_versions, "go") as where:
        if where.layout.server.api_level:
            await update_stream(where.api, NAMES.stream, {"allow_msg_ttl": True})
        else:
            with pytest.raises(NotTakenError, match="allow_msg_ttl"):
                await update_stream(where.api, NAMES.stream, {"allow_msg_ttl": True})


async def test_a_letter_without_room_for_a_header_moves_too(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as where:
        largest = b"x" * where.layout.server.max_payload
        await where.bury(largest)
        await where.bury(largest)
        await where.bury(letter(1))
        (outcome,) = await applied(where, await the_move(where.api))
        assert outcome.outcome == "applied", outcome.detail
        found = await bodies_in(where, NAMES.dlq_stream)
        assert [len(body) for body in found][:2] == [len(largest)] * 2
        assert len(found) == 3
        assert await bodies_in(where, NAMES.stream) == []


async def test_letters_that_go_meanwhile_are_not_brought_back(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as where:
        kept = await where.bury_many(20)

        async def step(name: str) -> None:
            if name == "copied":
                for sequence in kept[::2]:
                    await delete_message(where.api, NAMES.stream, sequence)

        (outcome,) = await applied(where, await the_move(where.api), step)
        assert outcome.outcome == "applied", outcome.detail
        ids = [
            json.loads(body)["task"]["task_id"]
            for body in await bodies_in(where, "PROVISIONING_DLQ")
        ]
        assert ids == [f"task-{number}" for number in range(1, 20, 2)]


async def claimed(where: Queue, sequence: int, step: ClaimStep) -> None:
    await ensure_claims(where.api, where.layout)
    claim = NAMES.replay_claim(where.layout.dlq_generation, sequence)
    await where.api.publish(claim, claim_body(step, Author("someone", "r1")))


async def test_letters_that_are_being_replayed_stay(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as where:
        (sequence,) = await where.bury_many(1)
        chosen = await the_move(where.api)
        await claimed(where, sequence, "claimed")
        (outcome,) = await applied(where, chosen)
        assert outcome.outcome == "refused"
        assert "1 replay is not finished" in outcome.detail
        assert len(await bodies_in(where, NAMES.stream)) == 1
        refused = {d.what for d in await plan(where.api) if d.verdict == "refused"}
        assert refused == {"provisioning.dlq: dead letters", "PROVISIONING: atomic replay"}


async def test_what_interrupted_replays_left_is_finished_first(nats_server: NatsServer) -> None:
    """Their tasks were sent: only letters and claims are left to remove."""
    async with queue(nats_server, "go") as where:
        gone, sent, _ = await where.bury_many(3)
        chosen = await the_move(where.api)
        for sequence in (gone, sent):
            await claimed(where, sequence, "published")
        await delete_message(where.api, NAMES.stream, gone)
        (outcome,) = await applied(where, chosen)
        assert outcome.outcome == "applied", outcome.detail
        assert await bodies_in(where, NAMES.dlq_stream) == [json.dumps(letter(2)).encode()]
        assert await where.counts() == {}
        assert await where.counts(NAMES.replays_stream) == {}


async def test_claims_on_letters_that_are_gone_are_no_matter(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as where:
        (gone,) = await where.bury_many(1)
        await claimed(where, gone, "claimed")
        await delete_message(where.api, NAMES.stream, gone)
        outcomes = await applied(where, await plan(where.api))
        assert {outcome.outcome for outcome in outcomes} == {"applied"}
        assert await plan(where.api) == ()


async def test_a_replay_that_begins_in_the_last_moment_is_seen(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as where:
        (sequence,) = await where.bury_many(1)
        await ensure_claims(where.api, where.layout)
        claim = NAMES.replay_claim(where.layout.dlq_generation, sequence)

        async def step(name: str) -> None:
            if name == "settled":
                await where.api.publish(claim, b"{}", expected_last_subject_sequence=0)

        (outcome,) = await applied(where, await the_move(where.api), step)
        assert outcome.outcome == "refused"
        layout = await discover(where.api, NAMES)
        assert layout.dead_letters.name == NAMES.stream
        assert NAMES.dlq in layout.work_queue.subjects


async def test_claims_move_into_the_work_queue_when_none_is_open(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as where:
        await ensure_claims(where.api, where.layout)
        stale = NAMES.replay_claim("20200101", 5)
        await where.api.publish(stale, b"{}")
        outcomes = await applied(where, await plan(where.api))
        assert outcomes[-1].detail == "PROVISIONING_REPLAYS was empty and is gone"
        assert (await discover(where.api, NAMES)).atomic_replay


async def test_a_claim_that_comes_while_they_move_keeps_them(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as where:
        (sequence,) = await where.bury_many(1)
        await ensure_claims(where.api, where.layout)
        chosen = [d for d in await plan(where.api) if isinstance(d.change, TakeClaims)]
        await where.api.publish(NAMES.replay_claim(where.layout.dlq_generation, sequence), b"{}")
        (outcome,) = await applied(where, chosen)
        assert outcome.outcome == "refused"
        found = await next_message(where.api, NAMES.replays_stream, NAMES.replays, 1)
        assert found is not None
        assert (await config(where, f"STREAM.INFO.{NAMES.replays_stream}"))["subjects"] == [
            NAMES.replays
        ]


async def test_the_server_refuses_what_it_cannot_do(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as where:
        chosen = await plan(where.api)
        await where.api.request(
            "STREAM.CREATE.THEIRS", {"name": "THEIRS", "subjects": ["provisioning.events.>"]}
        )
        outcomes = {o.difference.what: o for o in await applied(where, chosen)}
        failed = outcomes.pop("PROVISIONING_EVENTS: stream")
    assert failed.outcome == "failed"
    assert "overlap" in failed.detail
    assert {outcome.outcome for outcome in outcomes.values()} == {"applied"}


async def test_two_that_apply_at_once_do_it_once(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as where, queue(nats_server, None) as other:
        await where.bury_many(200)
        letters = await letters_in(where, NAMES.stream)
        chosen = await the_move(where.api)
        one, two = await asyncio.gather(applied(where, chosen), applied(other, chosen))
        assert "applied" in {one[0].outcome, two[0].outcome}, (one, two)
        assert {d.what for d in await plan(where.api)} & {chosen[0].what} == set()
        assert sorted(await letters_in(where, NAMES.dlq_stream), key=str) == sorted(
            letters, key=str
        )
