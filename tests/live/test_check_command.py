"""`farutech-console check` as a monitoring system runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from farutech_console import cli
from tests.live.test_fleet import worker_at
from tests.support.commands import invoked
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, queue, task
from tests.support.stuck import consumer, stuck
from tests.support.waiting import eventually
from tests.support.worker_queue import publish
from tests.support.workers import worker_process
from worker.jetstream.fleet.event_reader import EventLog


async def test_the_exit_code_is_the_state(nats_server: NatsServer) -> None:
    missing = await invoked("check", server=nats_server)
    async with queue(nats_server) as q, worker_at(nats_server, "w"):
        well = await invoked("check", server=nats_server)
        await q.bury_many(3)
        letters = await invoked("check", server=nats_server)
        many = await invoked("check", "--dlq-depth", "1,2", server=nats_server)
        await stuck(q, 1)
        spent = await invoked("check", "--dlq-depth", ",", server=nats_server)
    nats_server.stop()
    gone = await invoked("check", "--timeout", "2", server=nats_server)
    said = (missing, well, letters, many, spent, gone)
    assert [(x.code, x.out.split(" - ")[0]) for x in said] == [
        (3, "FARUTECH UNKNOWN"),
        (0, "FARUTECH OK"),
        (1, "FARUTECH WARNING"),
        (2, "FARUTECH CRITICAL"),
        (2, "FARUTECH CRITICAL"),
        (3, "FARUTECH UNKNOWN"),
    ]
    assert all(len(x.out.splitlines()) == 1 for x in said)
    assert all(x.err == "" for x in said)
    assert "no stream PROVISIONING" in missing.out
    assert "'dlq_depth'=3;1;2;0" in many.out
    assert "1 task stuck" in spent.out


@pytest.mark.parametrize(
    "words", [("--lag", "x"), ("--lag", "-1,"), ("--timeout", "0"), ("--nonsense",), ("extra",)]
)
def test_wrong_usage_is_unknown_too(words: tuple[str, ...]) -> None:
    said = CliRunner().invoke(cli.console, ["check", *words])
    assert (said.exit_code, said.stdout) == (3, "")
    assert said.stderr.startswith("Usage:")


async def test_a_worker_that_was_killed_with_a_task_is_missed(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    async with queue(nats_server) as q, worker_at(nats_server, "other"):
        flags = ("--worker-id", "w-9", "--handler", "exec", "--exec-program", "sleep 600")
        with worker_process(nats_server, tmp_path / "log", *flags) as process:
            await publish(q, task(1))

            async def is_told() -> bool:
                events = await EventLog(q.api, NAMES).newest(100)
                return any(event.kind == "started" for event in events)

            await eventually(is_told, within=60)
            process.kill()
            process.wait()

        async def is_missed() -> bool:
            said = await invoked("check", server=nats_server)
            return said.code == 2 and "silent with tasks in hand: w-9" in said.out

        await eventually(is_missed, within=60)
        assert (await consumer(q)).ack_pending == 1
