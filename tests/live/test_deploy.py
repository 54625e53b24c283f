"""What `deploy/` gives: users that may do what their part takes and no more, on a real server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from tests.conftest import StartNats
from tests.support.left import leave_purge
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, letter
from tests.support.waiting import eventually
from tests.support.workers import ROOT, log_lines, worker_process
from worker.cli import worker
from worker.jetstream.connect.connection import connect
from worker.jetstream.deliveries.source import STOP_TIMEOUT
from worker.jetstream.topology.layout import discover
from worker.model.link import ConnectionOptions, Credentials
from worker.runtime.loop import HAND_BACK
from worker.setting_fields import env_name
from worker.settings import WorkerSettings

USERS = ROOT / "deploy" / "nats-users.conf"
PUBLISH = Path(sysconfig.get_path("scripts")) / "farutech-publish"
WORKER_DOCS = ROOT / "docs" / "worker.md"
LETTER = json.dumps(letter(1)).encode()
WHO = ("producer", "worker", "viewer", "operator", "topology")


@pytest.fixture
def server(start_nats: StartNats, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NatsServer:
    """A server whose users are those of `deploy/`, with the queue in place."""
    folder = tmp_path / "deployed"
    folder.mkdir()
    shutil.copy(USERS, folder)
    for who in WHO:
        monkeypatch.setenv(f"{who.upper()}_PASSWORD", f"{who}-secret")
    account = f"PROVISIONING {{ jetstream: enabled, include {USERS.name} }}"
    server = start_nats("deployed", config=f"accounts {{ {account} }}")
    assert run(server, "topology", "worker", "topology", "apply", "--yes").returncode == 0
    return server


def run(server: NatsServer, who: str, module: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", module, *words, *flags(server, who))
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def flags(server: NatsServer, who: str) -> tuple[str, ...]:
    return ("--server", server.url, "--user", who, "--password", f"{who}-secret")


def console(server: NatsServer, who: str, *words: str) -> str:
    done = run(server, who, "farutech_console", *words)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def publish(server: NatsServer, count: int) -> None:
    url = server.url.replace("//", "//producer:producer-secret@")
    subprocess.run((PUBLISH, "--nats", url, "--count", str(count)), check=True, timeout=60)


def refused(server: NatsServer) -> list[str]:
    """What the server refused anybody, from its log."""
    return [line for line in server.log.splitlines() if "Violation" in line]


@contextmanager
def a_worker(server: NatsServer, log: Path, *more: str) -> Iterator[None]:
    who = flags(server, "worker")[2:]
    with worker_process(server, log, *who, "--backoff-scale", "0.001", *more):
        yield


@pytest.mark.slow
async def test_each_user_does_its_part_and_nothing_is_refused(
    server: NatsServer, tmp_path: Path
) -> None:
    """Published, failed, dead, looked at, replayed, done: by the users whose part each is."""
    fails, heals = tmp_path / "fails.log", tmp_path / "heals.log"
    publish(server, 3)

    def dead() -> int:
        return len(console(server, "viewer", "dlq", "list", "--json").splitlines())

    with a_worker(server, fails, "--sim-outage", "1", "--breaker-failures", "0"):
        await eventually(lambda: dead() == 3, within=30)
    for words in (("status",), ("doctor",), ("dlq", "groups"), ("audit",), ("stuck", "list")):
        run(server, "viewer", "farutech_console", *words)
    first, second, _ = (
        json.loads(line)["sequence"]
        for line in console(server, "viewer", "dlq", "list", "--json").splitlines()
    )
    console(server, "operator", "dlq", "purge", "--seq", str(first), "--yes")
    console(server, "operator", "dlq", "undo", "--yes")
    console(server, "operator", "dlq", "purge", "--seq", str(second), "--yes")
    cause = json.loads(console(server, "viewer", "dlq", "groups", "--json").splitlines()[0])
    console(server, "operator", "dlq", "note", cause["cause"], "the pool was full")
    with a_worker(server, heals):
        console(server, "operator", "pause", "1h")
        console(server, "operator", "resume")
        console(server, "operator", "dlq", "replay", "--all", "--canary", "--yes")
        await eventually(lambda: len(log_lines(heals, "task.done")) == 2, within=30)
    assert dead() == 0
    assert refused(server) == []


async def test_a_worker_may_finish_what_a_console_left(server: NatsServer, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    who = Credentials(user="operator", password="operator-secret")
    options = ConnectionOptions(servers=(server.url,), credentials=who)
    async with connect(options, within=10) as connection:
        kept = [(await connection.api.publish(NAMES.dlq, LETTER)).sequence for _ in range(3)]
        await leave_purge(connection.api, await discover(connection.api, NAMES), kept)
        with a_worker(server, log, "--sweep-interval", "0.2"):
            await eventually(lambda: log_lines(log, "purge.finished"), within=30)
    assert refused(server) == []


def test_who_may_only_look_is_refused_by_the_server(server: NatsServer) -> None:
    for words in (("dlq", "note", "0123456789ab", "text"), ("pause", "1h")):
        done = run(server, "viewer", "farutech_console", *words)
        assert done.returncode == 1, done.stderr
        assert "may not publish" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("who", ["viewer", "operator"])
def test_the_doctor_misses_no_permission(server: NatsServer, who: str) -> None:
    readonly = ("--read-only",) if who == "viewer" else ()
    done = run(server, who, "farutech_console", *readonly, "doctor", "--json")
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    assert findings
    assert [line for line in findings if line.get("check") == "permissions"] == []


def test_the_service_calls_the_worker_as_it_wants_to_be_called() -> None:
    text = (ROOT / "deploy" / "farutech-worker.service").read_text()
    (line,) = re.findall(r"^ExecStart=\S+/farutech-worker (.*)$", text, re.MULTILINE)
    with click.Context(worker) as context:
        name, command, rest = worker.resolve_command(context, line.split())
        assert (name, command is not None) == ("run", True)
        assert command is not None
        given = command.make_context("run", rest).params
    variables = {env_name(field) for field in WorkerSettings.model_fields.values()}
    assert set(re.findall(r"^Environment=(\w+)=", text, re.MULTILINE)) == {"FARUTECH_HTTP"}
    assert set(re.findall(r"\b(?:FARUTECH|NATS)_\w+", text)) <= variables
    assert given["http"] is None, "a flag would count more than each worker's own variable"
    grace = float(given["grace"])
    (stop,) = re.findall(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    assert float(stop) >= grace + 2 * STOP_TIMEOUT + HAND_BACK


def test_alerts_ask_for_metrics_that_there_are() -> None:
    asked = re.findall(r"farutech_\w+", (ROOT / "deploy" / "alerts.yaml").read_text())
    assert len(asked) >= 5
    documented = re.findall(r"^\| `(farutech_\w+)", WORKER_DOCS.read_text(), re.MULTILINE)
    assert set(asked) <= set(documented)
