"""An outage of the provisioning API, as a worker from the command line goes through it."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.nats_server import NatsServer
from tests.support.pages import fetched
from tests.support.provisioning_api import ProvisioningApi, provisioning_api
from tests.support.queues import NAMES, Queue, queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, letters, publish, with_ack_wait
from tests.support.workers import Calls, log_lines, worker_process, working
from worker.handlers.context import TaskContext
from worker.jetstream.fleet.service import fleet
from worker.model.fleet import BreakerReport
from worker.model.task import Task

THRESHOLD = 3
FLAGS = (
    *("--handler", "http", "--concurrency", "4", "--backoff-scale", "0.02"),
    *("--breaker-failures", str(THRESHOLD), "--http", "127.0.0.1:0"),
)
COUNT = 20


async def breaker_in_stats(where: Queue) -> BreakerReport | None:
    """The open breaker that the worker shows in `$SRV.STATS`, if it shows one."""
    members = (await fleet(where.connection)).members
    found = [breaker for member in members for breaker in member.report.breakers]
    return found[0] if found else None


async def metric(log: Path, name: str) -> float | None:
    url = log_lines(log, "http.listening")[0]["url"]
    text = await fetched(f"{url}/metrics")
    values = [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(name)]
    return float(values[0]) if values else None


@asynccontextmanager
async def breaker_events(where: Queue) -> AsyncIterator[list[str]]:
    """The events of breakers, as they are published."""
    heard: list[str] = []

    async def hear(message: Any) -> None:
        text = message.data.decode()
        if '"breaker"' in text:
            heard.append(text)

    subscription = await where.connection.client.subscribe(NAMES.events("*"), cb=hear)
    await where.connection.flush(5)
    yield heard
    await subscription.unsubscribe()


def attempts_lost(api: ProvisioningApi) -> int:
    """How many attempts the tasks used beyond the one that succeeded."""
    highest: dict[str, int] = defaultdict(int)
    for request in api.requests:
        name = request.task["task_id"]
        highest[name] = max(highest[name], request.attempt)
    return sum(attempt - 1 for attempt in highest.values())


@pytest.mark.slow
async def test_an_outage_of_the_api_is_seen_probed_and_shown(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    async with (
        provisioning_api(status=503) as api,
        queue(nats_server) as where,
        breaker_events(where) as events,
    ):
        with worker_process(nats_server, log, *FLAGS, "--http-url", api.url):
            for number in range(COUNT):
                await publish(where, task(number))
            await eventually(lambda: log_lines(log, "breaker.changed"), within=20)
            await eventually(lambda: breaker_in_stats(where), within=20)

            def probes() -> list[int]:
                begun_before = THRESHOLD + 4
                return [request.together for request in api.requests[begun_before:]]

            await eventually(lambda: len(probes()) >= 4, within=20)
            assert set(probes()) == {1}
            shown = await breaker_in_stats(where)
            assert shown is not None
            assert shown.task_type == "provision"
            assert "answered 503" in shown.error
            assert await metric(log, 'farutech_breaker_state{type="provision"}') in (1.0, 2.0)
            assert any('"open"' in event for event in events)
            api.status = 200
            await eventually(lambda: all_done(where), within=30)
            assert await metric(log, 'farutech_breaker_state{type="provision"}') == 0.0
            assert await breaker_in_stats(where) is None
            await eventually(lambda: '"closed"' in events[-1])
        assert await letters(where) == []
    assert sorted(api.done) == sorted(f"task-{number}" for number in range(COUNT))
    assert attempts_lost(api) == 0
    states = [line["state"] for line in log_lines(log, "breaker.changed")]
    assert (states[0], states[-1]) == ("open", "closed")


@pytest.mark.parametrize("workers", [1, 2])
async def test_an_outage_costs_no_task_an_attempt(
    nats_server: NatsServer, tmp_path: Path, workers: int
) -> None:
    count, logs = 60, [tmp_path / f"worker-{number}.log" for number in range(workers)]
    flags = (*FLAGS, "--breaker-failures", "10", "--backoff-scale", "0.05")

    def all_say(event: str) -> bool:
        return all(log_lines(log, event) for log in logs)

    def all_that_failed_know() -> bool:
        """Also one that got too few tasks to see it by itself."""
        failed = [log for log in logs if log_lines(log, "task.failed")]
        return bool(failed) and all(log_lines(log, "breaker.changed") for log in failed)

    async with provisioning_api(status=503) as api, queue(nats_server) as where:
        with ExitStack() as stack:
            for number, log in enumerate(logs):
                named = ("--worker-id", f"w-{number}", "--http-url", api.url)
                stack.enter_context(worker_process(nats_server, log, *flags, *named))
            await eventually(lambda: all_say("worker.ready"), within=20)
            for number in range(count):
                await publish(where, task(number))
            await eventually(all_that_failed_know, within=20)
            begun = len(api.requests)
            await eventually(lambda: len(api.requests) >= begun + 3, within=20)
            api.status = 200
            await eventually(lambda: all_done(where), within=30)
        assert await letters(where) == []
    assert sorted(api.done) == sorted(f"task-{number}" for number in range(count))
    assert {request.attempt for request in api.requests} == {1}
    assert not any(log_lines(log, "task.retry") for log in logs)


async def test_an_outage_costs_no_last_attempt(nats_server: NatsServer) -> None:
    healed = asyncio.Event()

    def answer(_task: Task, _context: TaskContext) -> None:
        if not healed.is_set():
            raise OSError("connection refused")

    calls = Calls(answer)
    async with (
        queue(nats_server) as where,
        working(nats_server, calls, backoff_scale=0.1, breaker_failures=THRESHOLD) as worker,
    ):
        for number in range(THRESHOLD):
            await publish(where, task(number, max_retries=1))
        await eventually(lambda: worker.logged("breaker.changed"))
        healed.set()
        await eventually(lambda: all_done(where))
        assert await letters(where) == []
    assert set(calls.seen) == {(f"task-{number}", 1) for number in range(THRESHOLD)}


async def test_a_killed_worker_loses_nothing_that_it_held(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    async with provisioning_api(status=503) as api, queue(nats_server) as where:
        await with_ack_wait(where, 1.0)
        for number in range(COUNT):
            await publish(where, task(number))
        with worker_process(nats_server, log, *FLAGS, "--http-url", api.url) as process:
            await eventually(lambda: log_lines(log, "breaker.changed"), within=20)
            process.kill()
            process.wait()
        api.status = 200
        with worker_process(nats_server, log, *FLAGS, "--http-url", api.url):
            await eventually(lambda: all_done(where), within=30)
        assert await letters(where) == []
    assert set(api.done) == {f"task-{number}" for number in range(COUNT)}
    assert max(request.attempt for request in api.requests) == 2


async def test_the_http_handler_from_the_command_line(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    flags = ("--handler", "http", "--http-headers", "Authorization: Bearer t\\nX-Site: eu")
    async with provisioning_api() as api, queue(nats_server) as where:
        with worker_process(nats_server, log, *flags, "--http-url", api.url):
            await publish(where, task(1, task_type="anything", plan="gold"))
            await eventually(lambda: all_done(where), within=20)
            api.status = 422
            await publish(where, task(2))
            await eventually(lambda: letters(where), within=20)
            api.status, api.extra = 429, ("Retry-After: 1",)
            await publish(where, task(3))
            await eventually(lambda: log_lines(log, "task.retry"), within=20)
            api.status = 200
            await eventually(lambda: all_done(where), within=20)
        ((letter, _),) = await letters(where)
    assert (api.requests[0].task["plan"], api.requests[0].task["attempt"]) == ("gold", 1)
    assert api.requests[0].headers["authorization"] == "Bearer t"
    assert api.requests[0].headers["x-site"] == "eu"
    assert (letter.task.task_id, letter.reason, letter.final_attempt) == ("task-2", "permanent", 1)
    assert "answered 422" in letter.error
    (retry,) = log_lines(log, "task.retry")
    assert retry["backoff"] == 1.0
    assert [request.attempt for request in api.requests if request.task["task_id"] == "task-3"] == [
        1,
        2,
    ]
    assert "Bearer" not in json.dumps(log.read_text())
