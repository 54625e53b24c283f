"""A worker from the command line, from its first try to reach a server to its exit code."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import StartNats
from tests.support.nats_server import NatsServer
from tests.support.queues import queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, letters, publish
from tests.support.workers import log_lines, worker_process

USERS = """authorization { users: [
  { user: ops, password: secret }
  { user: worker, password: "first" }
] }"""
REVOKED = """authorization { users: [ { user: ops, password: secret } ] }"""
AT_ANY_PORT = ("--http", "127.0.0.1:0")
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def page(log: Path, path: str) -> tuple[int, str]:
    """Status and body of a page of the worker's."""
    url = log_lines(log, "http.listening")[0]["url"]
    try:
        with urllib.request.urlopen(f"{url}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


async def state(log: Path) -> tuple[int, int, Mapping[str, Any]]:
    """What /healthz and /readyz answer, and why it is not ready."""
    alive, _ = await asyncio.to_thread(page, log, "/healthz")
    ready, body = await asyncio.to_thread(page, log, "/readyz")
    return alive, ready, json.loads(body).get("reasons", {})


async def metric(log: Path, name: str) -> float:
    _, text = await asyncio.to_thread(page, log, "/metrics")
    (line,) = [line for line in text.splitlines() if line.startswith(f"{name} ")]
    return float(line.rpartition(" ")[2])


@pytest.mark.slow
@posix_only
async def test_health_readiness_and_metrics_in_each_phase(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    flags = (*AT_ANY_PORT, "--sim-duration", "2")

    async def not_ready(word: str) -> bool:
        alive, ready, reasons = await state(log)
        return (alive, ready) == (200, 503) and word in " ".join(reasons.values())

    async def is_ready() -> bool:
        return await state(log) == (200, 200, {})

    nats_server.stop()
    with worker_process(nats_server, log, *flags) as process:
        await eventually(lambda: log_lines(log, "nats.unreachable"), within=20)
        assert await not_ready("not connected to NATS")
        assert await not_ready("not bound to the consumer yet")
        assert await metric(log, "farutech_connected") == 0
        nats_server.start()
        await eventually(is_ready, within=20)
        assert await metric(log, "farutech_connected") == 1
        nats_server.kill()
        await eventually(lambda: not_ready("the connection to NATS is lost"))
        assert await metric(log, "farutech_connected") == 0
        nats_server.start()
        await eventually(is_ready, within=20)
        assert await metric(log, "farutech_reconnects_total") == 1
        async with queue(nats_server) as where:
            await publish(where, task(1))

            async def running() -> bool:
                return await metric(log, "farutech_tasks_in_flight") == 1

            await eventually(running)
            process.send_signal(signal.SIGTERM)
            await eventually(lambda: not_ready("the worker is stopping"))
            await eventually(lambda: process.poll() is not None)
            assert process.returncode == 0
            assert await all_done(where)


@pytest.mark.slow
async def test_a_server_that_is_away_is_told_of_ever_more_rarely(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    nats_server.stop()
    with worker_process(nats_server, log, "--log-level", "debug"):

        def tries() -> int:
            return max((line["attempts"] for line in log_lines(log, "nats.unreachable")), default=0)

        await eventually(lambda: tries() >= 5, within=30)
    said = [line for line in log_lines(log, "nats.unreachable") if line["level"] == "warning"]
    assert [line["attempts"] for line in said] == [1, 2, 4]
    assert len([line for line in log_lines(log, "nats.trying") if line["level"] == "info"]) == 1
    assert nats_server.url.removeprefix("nats://") in log_lines(log, "nats.trying")[0]["server"]


@pytest.mark.slow
@posix_only
async def test_credentials_that_are_revoked_end_the_worker_with_3(
    start_nats: StartNats, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    server = start_nats(config=USERS)
    who = ("--user", "worker", "--password", "first")
    with worker_process(server, log, *who) as process:
        await eventually(lambda: log_lines(log, "worker.ready"), within=20)
        server.reload(REVOKED)
        await eventually(lambda: process.poll() is not None, within=20)
        assert process.returncode == 3
    (refused,) = log_lines(log, "worker.refused")
    assert "authorization" in refused["why"].lower()
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("who", [(), ("--user", "worker", "--password", "wrong")])
async def test_wrong_credentials_end_the_worker_with_3(
    start_nats: StartNats, tmp_path: Path, who: tuple[str, ...]
) -> None:
    log = tmp_path / "worker.log"
    with worker_process(start_nats(config=USERS), log, *who) as process:
        await eventually(lambda: process.poll() is not None, within=20)
        assert process.returncode == 3
    (refused,) = log_lines(log, "worker.refused")
    assert "Authorization Violation" in refused["why"]
    assert "--user" in refused["why"]
    assert "wrong" not in log.read_text().replace("worker", "")
    assert "Traceback" not in log.read_text()


async def test_no_jetstream_ends_the_worker_with_3(start_nats: StartNats, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with worker_process(start_nats(jetstream=None), log) as process:
        await eventually(lambda: process.poll() is not None, within=20)
        assert process.returncode == 3
    (refused,) = log_lines(log, "worker.refused")
    assert "JetStream" in refused["why"]


@posix_only
@pytest.mark.parametrize(
    ("failure", "codes", "ends"),
    [
        ("transient", "75 0", []),
        ("permanent", "75 3", ["permanent"]),
        ("transient", "3 3 3 3 3", ["attempts_exhausted"]),
    ],
)
async def test_the_exec_handler_from_the_command_line(
    nats_server: NatsServer, tmp_path: Path, failure: str, codes: str, ends: list[str]
) -> None:
    log, seen, script = tmp_path / "worker.log", tmp_path / "seen", tmp_path / "work.sh"
    script.write_text(
        f'#!/bin/sh\ncat >> {seen}\necho "code of attempt $FARUTECH_ATTEMPT" >&2\n'
        f"set -- {codes}\nshift $((FARUTECH_ATTEMPT - 1))\nexit $1\n"
    )
    script.chmod(0o755)
    flags = ("--handler", "exec", "--exec-program", str(script), "--exec-failure", failure)
    async with queue(nats_server) as where:
        with worker_process(nats_server, log, *flags, "--backoff-scale", "0.001"):
            await publish(where, task(1))
            await eventually(lambda: all_done(where), within=20)
        found = [letter for letter, _ in await letters(where)]
    assert [letter.reason for letter in found] == ends
    attempts = [
        json.loads(line)["attempt"] for line in seen.read_text().replace("}{", "}\n{").splitlines()
    ]
    assert attempts == list(range(1, len(codes.split()) + 1))
    for letter in found:
        assert "work.sh" in letter.error
        assert f"code of attempt {attempts[-1]}" in letter.error
