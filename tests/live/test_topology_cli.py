"""`farutech-worker topology` as an operator and a script use it: real process, real server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, queue
from tests.support.terminal import in_terminal
from tests.support.topology import bodies_in

ROOT = Path(__file__).parents[2]
KEYS = ["what", "declared", "actual", "effect", "verdict", "reason"]


def environment(url: str) -> dict[str, str]:
    return os.environ | {"NATS_URL": url, "COLUMNS": "100"}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "worker", "topology", *arguments]


def topology(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=ROOT,
        env=environment(url),
    )


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


async def test_plan_apply_and_nothing_is_left(nats_server: NatsServer) -> None:
    url = nats_server.url
    async with queue(nats_server, "go") as where:
        await where.bury_many(5)
        planned = topology(url, "plan")
        assert (planned.returncode, planned.stderr) == (1, "")
        assert "PROVISIONING: direct get" in planned.stdout
        assert max(map(len, planned.stdout.splitlines())) <= 100
        as_json = lines(topology(url, "plan", "--json"))
        assert all(list(line) == KEYS for line in as_json)

        done = topology(url, "apply", "--yes", "--json")
        assert done.returncode == 0, done.stderr
        *outcomes, end = lines(done)
        assert [o["what"] for o in outcomes] == [d["what"] for d in as_json]
        assert end == {"summary": {"applied": len(as_json), "refused": 0, "failed": 0}}
        assert len(await bodies_in(where, NAMES.dlq_stream)) == 5

    again = topology(url, "plan")
    assert (again.returncode, again.stdout) == (0, "Nothing differs from what is declared.\n")
    assert lines(topology(url, "apply", "--yes", "--json"))[0]["summary"]["applied"] == 0


async def test_what_is_refused_is_said_and_makes_it_1(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as where:
        config = {"durable_name": "reader", "ack_policy": "explicit", "filter_subject": NAMES.dlq}
        verb = "CONSUMER.DURABLE.CREATE.PROVISIONING.reader"
        await where.api.request(verb, {"stream_name": "PROVISIONING", "config": config})
    done = topology(nats_server.url, "apply", "--yes")
    assert done.returncode == 1
    (refused,) = [line for line in done.stdout.splitlines() if line.startswith("refused  ")]
    assert "reader reads dead letters" in refused
    assert topology(nats_server.url, "plan").returncode == 1


async def test_nobody_to_ask_changes_nothing(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go"):
        pass
    for arguments in (["apply"], ["apply", "--json"]):
        done = topology(nats_server.url, *arguments)
        assert done.returncode == 2
        assert "--yes" in done.stderr
    assert topology(nats_server.url, "plan").returncode == 1


@pytest.mark.parametrize(("key", "code"), [("n\n", 130), ("\n", 130), ("", 130), ("y\n", 0)])
async def test_the_operator_is_asked(nats_server: NatsServer, key: str, code: int) -> None:
    """No key stands for Ctrl-C."""
    async with queue(nats_server, "go"):
        pass
    url = nats_server.url
    with in_terminal(command("apply"), environment(url) | {"PYTHONPATH": str(ROOT)}) as (
        terminal,
        process,
    ):
        terminal.wait_for("Apply these")
        terminal.send(key) if key else process.send_signal(signal.SIGINT)
        assert terminal.wait_for_end(process) == code
        shown = terminal.text()
    assert ("applied  PROVISIONING: direct get" in shown) == (code == 0)
    assert topology(url, "plan").returncode == (0 if code == 0 else 1)


def test_no_server_is_said_in_words(nats_server: NatsServer) -> None:
    url = nats_server.url
    nats_server.stop()
    began = time.monotonic()
    done = topology(url, "plan")
    assert done.returncode == 3
    assert "no NATS server answers" in done.stderr
    assert "Traceback" not in done.stderr
    assert time.monotonic() - began < 20


def test_no_jetstream_is_said_in_words(nats_server: NatsServer) -> None:
    nats_server.stop()
    nats_server.jetstream = None
    nats_server.start()
    done = topology(nats_server.url, "apply", "--yes")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("farutech-worker topology: ")


def test_wrong_usage_is_2(nats_server: NatsServer) -> None:
    assert topology(nats_server.url, "plan", "--replicas", "9").returncode == 2
    assert topology(nats_server.url, "apply", "--drain", "-1").returncode == 2
