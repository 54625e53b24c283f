"""The ledger on real servers: one worker runs a task at a time, and nobody one that is done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.conftest import StartNats
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, queue
from tests.support.waiting import eventually
from worker.jetstream.api import Api
from worker.jetstream.connect.connection import connect
from worker.jetstream.deliveries.ledger import Lease, Ledger, LedgerError, LostLeaseError
from worker.jetstream.errors import ApiError, UncertainError, UnreachableError
from worker.jetstream.messages import purge_subject
from worker.jetstream.pipeline import Pipeline
from worker.jetstream.topology.layout import create_stream, ensure
from worker.model.clock import SystemClock
from worker.model.ledger import AlreadyDone, HeldBy, task_key
from worker.model.link import ConnectionOptions
from worker.model.topology import declared

CLOCK = SystemClock()
KEY = task_key("task-1")
LONG = 30.0
SHORT = 0.4


@asynccontextmanager
async def ledger(where: Queue, owner: str = "one", lease: float = LONG) -> AsyncIterator[Ledger]:
    """The ledger as one worker has it; its bucket is made where it is missing."""
    (spec,) = (s for s in declared(NAMES, 0).side_streams if s.name == NAMES.ledger_stream)
    await create_stream(where.api, spec)
    async with Pipeline(where.connection) as pipeline:
        yield Ledger(where.api, pipeline, NAMES, owner, lease, CLOCK)


async def taken(book: Ledger, key: str = KEY, sequence: int = 1) -> Lease:
    outcome = await book.begin(key, sequence)
    assert isinstance(outcome, Lease), outcome
    return outcome


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_a_task_that_is_done_is_never_begun_again(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with (
        queue(server_versions, kind) as where,
        ledger(where) as one,
        ledger(where, "two") as two,
    ):
        lease = await taken(one, sequence=7)
        held = await two.begin(KEY, 8)
        assert isinstance(held, HeldBy)
        assert (held.owner, held.sequence) == ("one", 7)
        assert LONG - 5 < held.remaining <= LONG
        await lease.finish()
        for book in (one, two):
            done = await book.begin(KEY, 9)
            assert isinstance(done, AlreadyDone)
            assert (done.owner, done.sequence) == ("one", 7)
        assert isinstance(await two.begin(task_key("task-1", "replay-1"), 9), Lease)


async def test_one_of_many_begins_it(server_versions: NatsServer) -> None:
    async with queue(server_versions) as where, ledger(where) as one, ledger(where, "two") as two:
        for number in range(20):
            key = task_key(f"task-{number}")
            outcomes = await asyncio.gather(*(b.begin(key) for b in (one, two) * 8))
            assert sum(isinstance(outcome, Lease) for outcome in outcomes) == 1


async def test_who_hears_of_its_claim_too_late_is_told_who_has_the_task(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        queue(nats_server) as where,
        ledger(where, "slow", SHORT) as slow,
        ledger(where, "quick") as quick,
    ):
        publish = slow._pipeline.publish

        async def published_late(subject: str, body: bytes, expected: int) -> int:
            sequence = await publish(subject, body, expected)
            monkeypatch.setattr(slow._pipeline, "publish", publish)

            async def taken_over() -> bool:
                return isinstance(await quick.begin(KEY, 2), Lease)

            await eventually(taken_over)
            return sequence

        monkeypatch.setattr(slow._pipeline, "publish", published_late)
        standing = await slow.begin(KEY, 1)
        assert isinstance(standing, HeldBy)
        assert (standing.owner, standing.sequence) == ("quick", 2)


async def test_who_was_taken_over_can_neither_renew_nor_end_it(
    server_versions: NatsServer,
) -> None:
    async with (
        queue(server_versions) as where,
        ledger(where, "dead", SHORT) as dead,
        ledger(where, "next") as other,
    ):
        stale = await taken(dead)
        fresh: list[Lease] = []

        async def free() -> bool:
            outcome = await other.begin(KEY, 2)
            if not isinstance(outcome, Lease):
                return False
            assert stale.remaining < 0, "taken over while the holder counted it as its own"
            fresh.append(outcome)
            return True

        await eventually(free)
        assert fresh[0].token > stale.token
        for late in (stale.renew, stale.finish, stale.release):
            with pytest.raises(LostLeaseError, match="next"):
                await late()
        await fresh[0].finish()
        with pytest.raises(LostLeaseError):
            await stale.finish()


async def test_a_renewed_lease_is_held_longer_than_it_lasts(nats_server: NatsServer) -> None:
    async with (
        queue(nats_server) as where,
        ledger(where, "long", SHORT) as book,
        ledger(where, "other") as other,
    ):
        lease = await taken(book)
        until = CLOCK.monotonic() + 3 * SHORT
        while CLOCK.monotonic() < until:
            assert isinstance(await other.begin(KEY), HeldBy)
            token = lease.token
            await lease.renew()
            assert lease.token > token
            assert lease.remaining > 0
        await lease.finish()
        await lease.renew()
        assert isinstance(await other.begin(KEY), AlreadyDone)


async def test_a_task_that_failed_may_run_at_once(server_versions: NatsServer) -> None:
    async with queue(server_versions) as where, ledger(where) as one, ledger(where, "two") as two:
        first = await taken(one)
        await first.release()
        assert await two.standing(KEY) is None
        second = await taken(two)
        assert second.token > first.token
        with pytest.raises(LostLeaseError):
            await first.finish()


@pytest.mark.parametrize("how", ["purged", "deleted"])
async def test_what_somebody_removed_is_written_anew_when_its_task_is_done(
    nats_server: NatsServer, how: str
) -> None:
    async with queue(nats_server) as where, ledger(where) as one, ledger(where, "two") as two:
        lease = await taken(one)
        if how == "purged":
            await purge_subject(where.api, NAMES.ledger_stream, f"$KV.{NAMES.ledger}.{KEY}")
        else:
            bucket = await where.connection.client.jetstream().key_value(NAMES.ledger)
            await bucket.delete(KEY)
        await lease.finish()
        assert isinstance(await two.begin(KEY), AlreadyDone)


async def test_every_key_value_client_reads_it(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where, ledger(where, 'a "quoted" worker') as book:
        await (await taken(book)).finish()
        bucket = await where.connection.client.jetstream().key_value(NAMES.ledger)
        value = (await bucket.get(KEY)).value
        assert value is not None
        assert b'"state":"done","owner":"a \\"quoted\\" worker"' in value


async def test_what_is_no_entry_is_said_and_not_written_over(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where, ledger(where) as book:
        await where.api.publish(f"$KV.{NAMES.ledger}.{KEY}", b"someone's notes")
        with pytest.raises(LedgerError, match=KEY):
            await book.begin(KEY)


async def test_behind_a_domain_it_is_the_same_bucket(start_nats: StartNats) -> None:
    server = start_nats(jetstream="domain: hub")
    options = ConnectionOptions(servers=(server.url,), api_prefix="$JS.hub.API")
    async with connect(options, within=10) as connection, Pipeline(connection) as pipeline:
        await ensure(connection.api, NAMES)
        book = Ledger(connection.api, pipeline, NAMES, "one", LONG, CLOCK)
        await (await taken(book)).finish()
        plain = Ledger(Api(connection.client), pipeline, NAMES, "two", LONG, CLOCK)
        assert isinstance(await plain.begin(KEY), AlreadyDone)


async def test_without_a_bucket_it_says_so(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as where, Pipeline(where.connection) as pipeline:
        book = Ledger(where.api, pipeline, NAMES, "one", LONG, CLOCK)
        with pytest.raises(UnreachableError, match="no stream takes"):
            await book.begin(KEY)


async def test_a_server_that_dies_in_the_middle_loses_no_end(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where, ledger(where) as one:
        lease = await taken(one)
        nats_server.pause()
        ending = asyncio.create_task(lease.finish())
        renewing = asyncio.create_task(one.begin(task_key("task-2")))
        await asyncio.sleep(0)
        nats_server.restart(kill=True)
        for call in (ending, renewing):
            with pytest.raises((UncertainError, UnreachableError)):
                await call
        await eventually(lambda: where.connection.is_connected)
        await lease.finish()
        assert isinstance(await one.begin(KEY), AlreadyDone)


async def test_a_pipeline_gives_each_its_own_answer(server_versions: NatsServer) -> None:
    async with queue(server_versions) as where, ledger(where), Pipeline(where.connection) as pipe:
        subjects = [f"$KV.{NAMES.ledger}.key-{number}" for number in range(500)]
        stored = await asyncio.gather(*(pipe.publish(subject, b"x", 0) for subject in subjects))
        assert len(set(stored)) == len(subjects)
        pairs = zip(subjects, stored, strict=True)
        again = await asyncio.gather(*(pipe.publish(s, b"y", last) for s, last in pairs))
        assert min(again) > max(stored)
        with pytest.raises(ApiError) as refused:
            await pipe.publish(subjects[0], b"z", stored[0])
        assert refused.value.err_code == 10071


async def test_a_pipeline_gives_up_what_is_not_answered(nats_server: NatsServer) -> None:
    async with (
        queue(nats_server) as where,
        ledger(where),
        Pipeline(where.connection, within=0.2) as pipe,
    ):
        nats_server.pause()
        calls = [pipe.publish(f"$KV.{NAMES.ledger}.{n}", b"x", 0) for n in range(3)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        nats_server.resume()
        assert [type(outcome) for outcome in outcomes] == [UncertainError] * 3
