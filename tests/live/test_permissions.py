"""A console whose user may not do everything: told in words, and what it may do goes on."""

from __future__ import annotations

import time

import pytest

from farutech_console.operations.live.backend import LiveBackend
from farutech_console.operations.watch.trend import Hearing, Rates
from farutech_console.operations.watch.verdict import problems
from farutech_console.tui.overview.rows import failure_figures
from tests.conftest import StartNats
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import publish
from worker.jetstream.errors import NotAllowedError, RefusedError
from worker.model.clock import SystemClock
from worker.model.link import ConnectionOptions, Credentials

API = "$JS.API"


def users(permissions: str, password: str = "p") -> str:
    """Anybody may do everything; the user `oncall` what `permissions` say."""
    return f"""no_auth_user: ops
        authorization {{ users: [ {{ user: ops, password: p }},
        {{ user: oncall, password: {password}, permissions: {{ {permissions} }} }} ] }}"""


def as_oncall(server: NatsServer, password: str = "p") -> LiveBackend:
    who = Credentials(user="oncall", password=password)
    return LiveBackend(ConnectionOptions(servers=(server.url,), credentials=who), NAMES)


@pytest.mark.parametrize(
    ("denied", "part", "told"),
    [
        (f"{API}.CONSUMER.>", "consumer", "the consumer cannot be looked at"),
        (f"{API}.STREAM.INFO.{NAMES.dlq_stream}", "dead_letters", "the dead letters cannot be"),
        (f"{API}.INFO", "server", "the server's JetStream cannot be looked at"),
    ],
)
async def test_what_may_not_be_asked_is_named_and_the_rest_is_told(
    start_nats: StartNats, denied: str, part: str, told: str
) -> None:
    server = start_nats(config=users(f'publish: {{ deny: ["{denied}"] }}'))
    async with queue(server) as q, as_oncall(server) as backend:
        await publish(q, task(1))
        await backend.connected(10)
        began = time.monotonic()
        status = await backend.status()
        assert time.monotonic() - began < 3
        assert status.tasks == 1
        assert list(status.unread) == [part]
        assert "our user may not publish to" in status.unread[part]  # type: ignore[index]
        found = problems(status, Rates(), SystemClock().now())
        assert [told in problem.text for problem in found].count(True) == 1
        assert not any(
            problem.text.startswith("no ")
            for problem in found
            if problem.grade == "bad" and part == "consumer"
        )


async def test_a_stream_that_may_not_be_asked_for_is_told_at_once(start_nats: StartNats) -> None:
    server = start_nats(config=users(f'publish: {{ deny: ["{API}.STREAM.INFO.>"] }}'))
    async with queue(server), as_oncall(server) as backend:
        await backend.connected(10)
        with pytest.raises(NotAllowedError, match=f"may not publish to .*INFO.{NAMES.stream}"):
            await backend.status()


async def test_without_an_inbox_it_is_told_that_no_answer_can_come(start_nats: StartNats) -> None:
    server = start_nats(config=users('subscribe: { deny: ["_INBOX.>"] }'))
    async with queue(server), as_oncall(server) as backend:
        await backend.connected(10)
        with pytest.raises(NotAllowedError, match="may not subscribe to _INBOX") as no_figures:
            await backend.status()
        with pytest.raises(NotAllowedError, match="may not subscribe to _INBOX") as no_workers:
            await backend.fleet()
    for told in (no_figures, no_workers):
        assert "--inbox-prefix" in str(told.value)


async def test_workers_that_may_not_be_asked_are_not_told_to_be_none(
    start_nats: StartNats,
) -> None:
    server = start_nats(config=users('publish: { deny: ["$SRV.>", "$SYS.>"] }'))
    async with queue(server), as_oncall(server) as backend:
        await backend.connected(10)
        with pytest.raises(NotAllowedError, match=r"may not publish to \$SRV"):
            await backend.fleet()


async def test_what_may_not_be_heard_is_told_until_it_may(start_nats: StartNats) -> None:
    ack = f"$JS.ACK.{NAMES.stream}.>"
    server = start_nats(config=users(f'subscribe: {{ deny: ["{NAMES.tasks}", "{ack}"] }}'))
    async with queue(server), as_oncall(server) as backend:
        await backend.connected(10)
        await eventually(lambda: backend.link().deaf == {"task", "acknowledgement"})
        status = await backend.status()
        found = problems(status, Rates(), SystemClock().now(), hearing=Hearing(backend.link().deaf))
        assert "may not listen to tasks that come in, what becomes of them" in found[-1].text
        server.restart()
        await eventually(lambda: not backend.link().connected or backend.link().deaf, 20)
        await eventually(lambda: backend.link().connected, 20)
        await eventually(lambda: backend.link().deaf == {"task", "acknowledgement"}, 20)
        server.stop()
        server.config = users("")
        server.start()
        await eventually(lambda: backend.link().connected and not backend.link().deaf, 20)


async def test_who_is_refused_tries_again_and_is_let_in(start_nats: StartNats) -> None:
    server = start_nats(config=users("", "another"))
    async with queue(server), as_oncall(server) as backend:
        with pytest.raises(RefusedError):
            await backend.connected(10)
        assert backend.link().refused
        await eventually(lambda: backend.link().attempts >= 2, 20)
        server.reload(users("", "p"))
        await eventually(lambda: backend.link().connected, 20)
        assert (await backend.status()).tasks == 0
        server.stop()
        server.config = users("", "another")
        server.start()
        await eventually(lambda: not backend.link().connected and backend.link().refused, 30)
        server.reload(users("", "p"))
        await eventually(lambda: backend.link().connected, 30)
        assert (await backend.status()).tasks == 0


@pytest.mark.parametrize("also", ["", f', "{API}.STREAM.MSG.GET.>"'])
async def test_letters_that_may_not_be_got_directly_are_read_the_other_way_or_it_is_told(
    start_nats: StartNats, also: str
) -> None:
    server = start_nats(config=users(f'publish: {{ deny: ["{API}.DIRECT.GET.>"{also}] }}'))
    async with queue(server) as q, as_oncall(server) as backend:
        await q.bury_many(3)
        await backend.connected(10)
        began = time.monotonic()
        if also:
            with pytest.raises(NotAllowedError, match=r"may not publish to .*STREAM\.MSG\.GET"):
                await backend.page(200)
        else:
            assert len((await backend.page(200)).letters) == 3
        assert time.monotonic() - began < 3


async def test_how_many_are_stuck_is_not_known_without_the_consumer(start_nats: StartNats) -> None:
    server = start_nats(config=users(f'publish: {{ deny: ["{API}.CONSUMER.>"] }}'))
    async with queue(server), as_oncall(server) as backend:
        await backend.connected(10)
        status = await backend.status()
        assert status.known_stuck is None
        figures = failure_figures(status, Rates(), SystemClock().now())
        assert ("stuck tasks", "not told", "warn") in figures


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_a_task_that_may_not_be_sent_is_told_soon(
    start_nats: StartNats, kind: LayoutKind
) -> None:
    server = start_nats(config=users(f'publish: {{ deny: ["{NAMES.tasks}"] }}'))
    async with queue(server, kind) as q, as_oncall(server) as backend:
        await q.bury_many(2)
        await backend.connected(10)
        plan = await backend.plan_replay(None)
        began = time.monotonic()
        outcomes = [outcome async for outcome in backend.run(plan)]
        assert time.monotonic() - began < 3
        assert all("may not publish to provisioning.tasks" in x.detail for x in outcomes), outcomes
        assert {x.outcome for x in outcomes} == {"failed" if kind == "fresh" else "unknown"}
        assert await q.tasks() == []
        assert len((await backend.page(9)).letters) == 2
