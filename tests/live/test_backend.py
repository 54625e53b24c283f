from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from farutech_console.commands.ages import long_ago
from farutech_console.operations.errors import ReadOnlyError, StalePlanError
from farutech_console.operations.live.backend import LiveBackend
from farutech_console.operations.model import Outcome, Plan
from farutech_console.operations.watch.trend import Rates
from farutech_console.operations.watch.verdict import problems
from tests.conftest import StartNats
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, letter, queue, task
from tests.support.waiting import eventually
from worker.jetstream.errors import RefusedError, UnreachableError
from worker.jetstream.messages import message_at
from worker.jetstream.topology.layout import NoQueueError
from worker.model.clock import SystemClock
from worker.model.link import ConnectionOptions

LAYOUTS: Sequence[LayoutKind] = ("fresh", "go")


@asynccontextmanager
async def backend_on(server: NatsServer, *, read_only: bool = False) -> AsyncIterator[LiveBackend]:
    async with LiveBackend(
        ConnectionOptions(servers=(server.url,)), NAMES, read_only=read_only
    ) as backend:
        await backend.connected(10)
        yield backend


async def outcomes(backend: LiveBackend, plan: Plan) -> list[Outcome]:
    return [outcome async for outcome in backend.run(plan)]


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_pages_are_newest_first_and_end(nats_server: NatsServer, kind: LayoutKind) -> None:
    async with queue(nats_server, kind) as q, backend_on(nats_server) as backend:
        kept = await q.bury_many(25)
        first = await backend.page(10)
        assert [x.sequence for x in first.letters] == kept[::-1][:10]
        assert (first.depth, first.more) == (25, True)
        last = await backend.page(15, before=first.letters[-1].sequence)
        assert [x.sequence for x in last.letters] == kept[::-1][10:]
        assert not last.more
        stored = await backend.letter(kept[3])
        assert stored is not None
        assert stored.task.task_id == "task-3"


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_a_plan_says_what_it_touches(nats_server: NatsServer, kind: LayoutKind) -> None:
    async with queue(nats_server, kind) as q, backend_on(nats_server) as backend:
        kept = await q.bury_many(6)
        old = letter(9, replays=2, dlq_timestamp="2026-11-20T00:00:00Z")
        kept.append(await q.bury(old))
        kept.append(await q.bury(letter(10), headers={"Farutech-Replay-Count": "1"}))
        kept.append(await q.bury(b"no letter"))
        plan = await backend.plan_replay(None)
        assert plan.sequences == tuple(kept)
        assert plan.task_ids[:2] == ("task-0", "task-1")
        assert plan.task_ids[-1] == ""
        assert plan.tenants == {"acme-0": 3, "acme-1": 3, "acme-2": 2, "": 1}
        assert plan.task_types == {"provision": 8, "": 1}
        assert plan.replayed_before == 2
        assert plan.expiring == 0
        assert plan.oldest_at == datetime(2026, 11, 20, tzinfo=UTC)
        assert plan.target == "provisioning.tasks"
        assert "no worker" in plan.consumer_note
        assert plan.command == "farutech-console dlq replay --all"
        await q.bury_many(2)
        few = await backend.plan_purge([kept[4], kept[1], kept[1], 999])
        assert few.sequences == (kept[1], kept[4])
        assert few.missing == (999,)
        assert (
            few.command == f"farutech-console dlq purge --seq {kept[1]} --seq {kept[4]} --seq 999"
        )


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_runs_exactly_what_was_planned(nats_server: NatsServer, kind: LayoutKind) -> None:
    async with queue(nats_server, kind) as q, backend_on(nats_server) as backend:
        kept = await q.bury_many(5)
        plan = await backend.plan_replay(None)
        later = await q.bury_many(3)
        done = await outcomes(backend, plan)
        assert [(x.sequence, x.task_id, x.outcome) for x in done] == [
            (sequence, f"task-{n}", "replayed") for n, sequence in enumerate(kept)
        ]
        for one in done:
            task_again = await message_at(q.api, NAMES.stream, one.stored_as)
            assert task_again is not None
            assert json.loads(task_again.body)["task_id"] == one.task_id
        assert [x.sequence for x in (await backend.page(10)).letters] == later[::-1]
        again = await outcomes(backend, plan)
        assert {(x.outcome, x.task_id != "") for x in again} == {("already", True)}


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_purges_the_planned_letters_and_nothing_else(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with queue(server_versions, kind) as q, backend_on(server_versions) as backend:
        ack = await q.api.publish(NAMES.tasks, json.dumps(task(77)).encode())
        kept = await q.bury_many(100)
        # A sequence that was a task's, and one that never was.
        no_letter, told = (ack.sequence, "already") if kind == "go" else (9999, "failed")
        plan = await backend.plan_purge([*kept[10:90], no_letter])
        done = await outcomes(backend, plan)
        assert Counter(x.outcome for x in done) == {"purged": 80, told: 1}
        left = {x.sequence for x in (await backend.page(100)).letters}
        assert left == {*kept[:10], *kept[90:]}
        assert [t["task_id"] for t in await q.tasks()] == ["task-77"]
        assert {x.outcome for x in await outcomes(backend, plan)} == {"already", told}


async def test_letters_about_to_expire_are_counted(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as q, backend_on(nats_server) as backend:
        info = await q.api.request(f"STREAM.INFO.{NAMES.stream}")
        soon = {"max_age": 30 * 60 * 10**9}
        await q.api.request(f"STREAM.UPDATE.{NAMES.stream}", info["config"] | soon)
        await q.bury_many(2)
        assert (await backend.plan_replay(None)).expiring == 2


async def test_a_plan_of_an_earlier_life_is_refused(nats_server: NatsServer) -> None:
    async with backend_on(nats_server) as backend:
        async with queue(nats_server) as q:
            await q.bury_many(2)
            plans = [await backend.plan_purge(None), await backend.plan_replay(None)]
            await q.api.request(f"STREAM.DELETE.{NAMES.dlq_stream}")
        async with queue(nats_server) as q:
            await q.bury_many(2)
            for plan in plans:
                with pytest.raises(StalePlanError, match="plan again"):
                    await outcomes(backend, plan)
            assert (await q.counts(NAMES.dlq_stream))[NAMES.dlq] == 2


async def test_read_only_is_refused_by_the_operation_itself(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q, backend_on(nats_server, read_only=True) as backend:
        await q.bury_many(2)
        for plan in (await backend.plan_purge(None), await backend.plan_replay(None)):
            with pytest.raises(ReadOnlyError, match="read-only"):
                await outcomes(backend, plan)
        assert (await backend.page(5)).depth == 2
        assert await q.tasks() == []


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_status_says_what_the_server_says(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with queue(server_versions, kind) as q, backend_on(server_versions) as backend:
        for number in range(3):
            await q.api.publish(NAMES.tasks, json.dumps(task(number)).encode())
        await q.bury_many(2)
        status = await backend.status()
        assert status.server.version == server_versions.version
        assert 0 < status.rtt < 1
        assert datetime.now(UTC) - status.taken_at < timedelta(seconds=5)
        assert (status.tasks, status.stuck) == (3, 0)
        assert status.consumer is not None
        assert status.consumer.pending == 3
        assert status.dead_letters is not None
        assert status.dead_letters.depth == 2
        assert status.dead_letters.stream == q.layout.dead_letters.name
        assert status.dead_letters.oldest_at is not None
        assert status.dead_letters.newest_at is not None
        assert status.dead_letters.max_age == (72 * 3600 if kind == "go" else None)


async def test_status_counts_what_nobody_will_get_again(server_versions: NatsServer) -> None:
    async with queue(server_versions) as q, backend_on(server_versions) as backend:
        info = await q.api.request(f"CONSUMER.INFO.{NAMES.stream}.{NAMES.consumer}")
        verb = f"CONSUMER.CREATE.{NAMES.stream}.{NAMES.consumer}.{NAMES.tasks}"
        once = {"stream_name": NAMES.stream, "config": info["config"] | {"max_deliver": 1}}
        await q.api.request(verb, once)
        for number in range(5):
            await q.api.publish(NAMES.tasks, json.dumps(task(number)).encode())
        js = q.connection.client.jetstream()
        pull = await js.pull_subscribe_bind(NAMES.consumer, NAMES.stream)
        for number, message in enumerate(await pull.fetch(3, timeout=5)):
            await (message.nak() if number else message.ack_sync())

        async def noticed() -> bool:
            # The server notices spent deliveries when someone asks for more.
            with contextlib.suppress(TimeoutError):
                await pull.fetch(1, timeout=0.5)
            return (await backend.status()).stuck == 2

        await eventually(noticed)
        assert (await backend.status()).tasks == 4


async def test_no_queue_is_said_in_words(nats_server: NatsServer) -> None:
    async with backend_on(nats_server) as backend:
        for ask in (backend.status, lambda: backend.page(1), lambda: backend.plan_purge(None)):
            with pytest.raises(NoQueueError, match="start a worker"):
                await ask()


async def test_connects_by_itself_when_a_server_comes_up(start_nats: StartNats) -> None:
    server = start_nats("late")
    server.stop()
    options = ConnectionOptions(servers=(server.url,))
    async with LiveBackend(options, NAMES) as backend:
        assert not backend.link().connected
        with pytest.raises(UnreachableError, match="no NATS server answers at"):
            await backend.connected(0.3)
        with pytest.raises(UnreachableError):
            await backend.status()
        server.start()
        await backend.connected(20)
        assert backend.link().connected
        async with queue(server):
            assert (await backend.status()).tasks == 0


async def test_says_within_two_seconds_that_the_server_is_gone_and_comes_back(
    nats_server: NatsServer,
) -> None:
    async with queue(nats_server), backend_on(nats_server) as backend:
        before = backend.link()
        nats_server.kill()
        await eventually(lambda: not backend.link().connected, 2)
        assert backend.link().since > before.since
        with pytest.raises(UnreachableError):
            await backend.page(1)
        nats_server.start()
        await eventually(lambda: backend.link().connected, 20)
        assert (await backend.page(1)).depth == 0


async def test_wrong_credentials_are_told_as_such(start_nats: StartNats) -> None:
    server = start_nats("locked", config='authorization { user: "u", password: "p" }')
    async with LiveBackend(ConnectionOptions(servers=(server.url,)), NAMES) as backend:
        with pytest.raises(RefusedError):
            await backend.connected(10)
        assert "refused" in backend.link().detail
        with pytest.raises((RefusedError, UnreachableError)):
            await backend.status()


class _Wrong(SystemClock):
    """A clock that goes ahead of the server's by so many seconds."""

    def __init__(self, ahead: float) -> None:
        super().__init__()
        self._ahead = timedelta(seconds=ahead)

    def now(self) -> datetime:
        return super().now() + self._ahead


@pytest.mark.parametrize(
    ("ahead", "told"),
    [
        (600, "the server's clock is 9 min 59 s behind ours"),
        (-600, "the server's clock is 9 min 59 s ahead of ours"),
        (1, ""),
    ],
)
async def test_clocks_that_differ_are_told_and_no_age_is_negative(
    shared_nats: NatsServer, ahead: float, told: str
) -> None:
    clock = _Wrong(ahead)
    options = ConnectionOptions(servers=(shared_nats.url,), name="farutech-console")
    async with queue(shared_nats) as q, LiveBackend(options, NAMES, clock=clock) as backend:
        await q.bury_many(1)
        await backend.connected(10)
        status = await backend.status()
        found = problems(status, Rates(), clock.now())
        assert [x.brief for x in found if x.kind == "clock"] == ([told] if told else [])
        assert all("-" not in x.text.partition(";")[2] for x in found if x.kind == "dead_letters")


def test_no_change_is_told_to_come() -> None:
    now = SystemClock().now()
    assert long_ago(now + timedelta(minutes=10), now) == "now"
    assert long_ago(now - timedelta(minutes=10), now) == "10 minutes ago"
