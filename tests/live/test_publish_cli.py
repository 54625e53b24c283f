"""`farutech-publish` against a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.support.nats_server import NatsServer
from tests.support.queues import queue


def publish(*arguments: str, url: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from worker.publish_cli import main; main()", *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | ({"NATS_URL": url} if url else {}),
    )


async def test_each_task_is_stored_and_told(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where:
        done = publish(
            *("-nats", nats_server.url, "-type", "provision", "-tenant", "acme-corp"),
            *("-module", "erp-finance", "-count", "3"),
        )
        stored = await where.raw_tasks()
    assert (done.returncode, done.stderr) == (0, "")
    bodies = [json.loads(body) for _, body in stored]
    assert [body["tenant_id"] for body in bodies] == ["acme-corp-1", "acme-corp-2", "acme-corp-3"]
    assert {body["module_id"] for body in bodies} == {"erp-finance"}
    assert [headers["Nats-Msg-Id"] for headers, _ in stored] == [b["task_id"] for b in bodies]
    lines = done.stdout.splitlines()
    assert [line.split()[1] for line in lines] == [body["task_id"] for body in bodies]


async def test_the_server_comes_from_the_environment_too(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where:
        done = publish("--type", "update", url=nats_server.url)
        assert done.returncode == 0
        (task,) = await where.tasks()
    assert (task["task_type"], task["tenant_id"]) == ("update", "tenant-001")


def test_no_stream_is_a_failure_in_words(nats_server: NatsServer) -> None:
    done = publish("-nats", nats_server.url)
    assert done.returncode == 1
    assert "no stream takes" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_server_is_a_failure_in_words(nats_server: NatsServer) -> None:
    url = nats_server.url
    nats_server.stop()
    done = publish("-nats", url)
    assert done.returncode == 3
    assert f"no NATS server answers at {url}" in done.stderr
    assert "Traceback" not in done.stderr
