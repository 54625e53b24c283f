"""A worker whose user may not do all that it wants to do: it says so, once for each kind."""

from __future__ import annotations

import pytest

from tests.conftest import StartNats
from tests.support.queues import NAMES, queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, publish, tasks_left
from tests.support.workers import Calls, working
from worker.jetstream.pipeline import Pipeline

COMMON = '"$JS.API.>", "$JS.ACK.>", "provisioning.dlq", "_INBOX.>"'
INBOX = 'subscribe: ["_INBOX.>"]'


def users(*more: str) -> str:
    """Anybody may do everything; the user `worker` what the contract needs, and `more`."""
    allowed = ", ".join((COMMON, *(f'"{subject}"' for subject in more)))
    return f"""no_auth_user: ops
        authorization {{ users: [ {{ user: ops, password: p }}, {{ user: worker, password: p,
        permissions: {{ publish: [{allowed}], {INBOX} }} }} ] }}"""


WHO = {"user": "worker", "password": "p"}


async def test_without_events_and_service_tasks_run_and_the_log_stays_short(
    start_nats: StartNats,
) -> None:
    server = start_nats(config=users("$KV.>"))
    calls = Calls()
    async with queue(server) as where, working(server, calls, **WHO) as worker:
        for number in range(100):
            await publish(where, task(number))
        await eventually(lambda: all_done(where))
        refused = [line["why"] for line in worker.logged("nats.error")]
    assert len(calls.seen) == 100
    events = [why for why in refused if f"{NAMES.prefix}.events." in why]
    assert 1 <= len(events) <= 8
    assert any("$srv.ping" in why for why in refused)
    assert len(refused) < 25


async def test_without_the_ledger_no_task_runs_and_the_log_says_why(
    start_nats: StartNats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pipeline.__init__, "__defaults__", (0.2,))
    server = start_nats(config=users("provisioning.events.*"))
    calls = Calls()
    async with queue(server) as where:
        async with working(server, calls, grace=60.0, **WHO) as worker:
            await publish(where, task(1))
            await eventually(lambda: worker.logged("ledger.not_asked"))
            assert any("$kv." in line["why"] for line in worker.logged("nats.error"))
            worker.shutdown.requested.set()
            await eventually(lambda: worker.logged("worker.stopped"))
        assert await tasks_left(where) == 1
    assert calls.seen == []
