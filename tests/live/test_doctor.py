"""The doctor on real servers: what it asks, what it finds, and that it changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from farutech_console.operations.doctor.checks import judge
from farutech_console.operations.doctor.examine import examine
from farutech_console.operations.doctor.model import FINDING_KEYS, Evidence, Finding
from farutech_console.operations.queue import Queue as Handle
from tests.conftest import StartNats
from tests.live.test_fleet import worker_at
from tests.support.commands import invoked
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, Queue, letter, queue
from tests.support.stuck import published, stuck, with_consumer, with_stream
from worker.jetstream.connect.connection import connect
from worker.model.clock import SystemClock
from worker.model.link import ConnectionOptions, Credentials


async def seen_by(where: Queue, *, read_only: bool = False) -> Evidence:
    handle = Handle(where.connection, NAMES, SystemClock(), operator="me@here", read_only=read_only)
    return await examine(handle, listen=0.01)


def of(findings: tuple[Finding, ...], check: str) -> list[tuple[str, str]]:
    return [(finding.severity, finding.title) for finding in findings if finding.check == check]


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_a_healthy_queue_has_no_problem(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with queue(server_versions, kind) as q, worker_at(server_versions, "w"):
        before = [await q.api.request(f"STREAM.INFO.{name}") for name in (NAMES.stream,)]
        seen = await seen_by(q)
        after = [await q.api.request(f"STREAM.INFO.{name}") for name in (NAMES.stream,)]
    findings = judge(seen)
    assert seen.refused == {}
    assert [x for x in findings if x.severity == "problem"] == []
    assert [answer["config"] for answer in before] == [answer["config"] for answer in after]
    assert seen.skew is not None
    assert abs(seen.skew) < 5 + seen.skew_margin
    assert seen.permissions is not None
    notes = {finding.check for finding in findings}
    assert {"replicas"} <= notes
    assert ("drift" in notes) == (kind == "go")
    assert ("ack_pending" in notes) == (kind == "go")


async def test_what_is_wrong_is_found_with_what_to_do(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as q:
        await stuck(q, 2)
        await q.bury(letter(1))
        await published(q, 1, max_retries=9)
        await with_consumer(q, max_ack_pending=1, ack_wait=2 * 10**9)
        findings = judge(await seen_by(q))
        said = await invoked("doctor", "--json", server=nats_server)
        words = await invoked("doctor", server=nats_server)
    assert of(findings, "stuck") == [("problem", "2 tasks are stuck: deliveries spent")]
    ((grade, expiry),) = of(findings, "expiry")
    assert grade == "warning"
    assert expiry.startswith("the oldest of 1 dead letter expires in 2 d 23 h")
    assert [x for x, _ in of(findings, "deliveries")] == ["warning"]
    assert [x for x, _ in of(findings, "ack_wait")] == ["warning"]
    assert of(findings, "workers") == [("problem", "no worker is there; waiting: 1 task")]
    assert "side streams are missing" in of(findings, "drift")[-1][1]
    assert (said.code, said.err) == (1, "")
    assert [list(line) for line in said.lines] == [list(FINDING_KEYS)] * len(findings)
    assert {line["check"] for line in said.lines} == {finding.check for finding in findings}
    assert words.code == 1
    assert "PROBLEM  2 tasks are stuck" in words.out
    assert "run     farutech-console stuck recover" in words.out
    assert "Traceback" not in words.err


async def test_letters_that_are_meant_to_stay_and_do_not(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as q:
        await with_stream(q, NAMES.stream, allow_msg_ttl=True)
        await q.bury(letter(1), headers={"Nats-TTL": "never"})
        findings = judge(await seen_by(q))
    assert of(findings, "ttl") == [
        ("problem", "PROVISIONING has a max age and per-message TTLs"),
    ]


async def test_without_a_queue_it_says_so(nats_server: NatsServer) -> None:
    said = await invoked("doctor", server=nats_server)
    nats_server.stop()
    gone = await invoked("doctor", server=nats_server)
    assert said.code == 1
    assert "PROBLEM  there is no stream PROVISIONING" in said.out
    assert (gone.code, gone.out) == (3, "")


@asynccontextmanager
async def limited(start_nats: StartNats, permissions: str) -> AsyncIterator[Queue]:
    """A queue as a user with few permissions sees it."""
    server = start_nats(
        config=f"""authorization {{ users: [
            {{ user: all, password: all }}
            {{ user: few, password: few, permissions: {{ {permissions} }} }}
        ] }}"""
    )
    everything, few = (Credentials(user=x, password=x) for x in ("all", "few"))
    options = ConnectionOptions(servers=(server.url,), credentials=everything)
    async with connect(options, within=10) as connection:
        from worker.jetstream.topology.layout import discover, ensure

        await ensure(connection.api, NAMES)
        layout = await discover(connection.api, NAMES)
        options = ConnectionOptions(servers=(server.url,), credentials=few)
        async with connect(options, within=10) as theirs:
            yield Queue(server, theirs, layout)


async def test_what_our_user_may_not_do_is_told_and_nothing_is_tried(start_nats: StartNats) -> None:
    deny = (
        'publish: { deny: ["provisioning.tasks", "$JS.API.STREAM.MSG.DELETE.>", "$SRV.>"] },'
        'subscribe: { deny: ["$JS.ACK.>"] }'
    )
    async with limited(start_nats, deny) as q:
        findings = judge(await seen_by(q))
        looking = judge(await seen_by(q, read_only=True))
    assert of(findings, "permissions") == [
        ("warning", "user few may not publish to provisioning.tasks"),
        ("warning", "user few may not publish to $JS.API.STREAM.MSG.DELETE.PROVISIONING_DLQ"),
        ("note", "user few may not publish to $SRV.STATS.farutech-worker"),
        (
            "note",
            "user few may not subscribe to $JS.ACK.PROVISIONING.provisioning-worker.>",
        ),
    ]
    assert [x for x, _ in of(looking, "permissions")] == ["note", "note"]


async def test_what_cannot_be_asked_is_told_and_the_rest_is_judged(start_nats: StartNats) -> None:
    allow = (
        'publish: { allow: ["$JS.API.INFO", "$JS.API.STREAM.INFO.>", "$JS.API.STREAM.NAMES",'
        ' "$SYS.REQ.USER.INFO"] }'
    )
    async with limited(start_nats, allow) as q:
        handle = Handle(q.connection, NAMES, SystemClock(), operator="me@here")
        handle.api._within = 0.2
        findings = judge(await examine(handle, listen=0.01))
    told = of(findings, "permissions")
    assert ("problem", "the consumer could not be asked") in told
    assert (
        "problem",
        "user few may not publish to $JS.API.CONSUMER.INFO.PROVISIONING.provisioning-worker",
    ) in told
    assert of(findings, "replicas") == [("note", "one server, one copy")]
