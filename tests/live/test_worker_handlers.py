"""The user's own handlers, as `--handlers` loads them into a worker's process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import queue, task
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, letters, publish
from tests.support.workers import ROOT, log_lines, worker_process

HANDLERS = """
import logging
import threading
import warnings

from worker.handlers.errors import Permanent, RetryAfter
from worker.handlers.registry import handler


@handler("blocks")
async def blocks(task, context):
    threading.Event().wait(2.0)


@handler("plain")
def plain(task, context):
    context.log.info("creating the schema", thread=threading.current_thread().name)
    context.progress(0.5, "schema created")


@handler("refuses", "asks")
async def says_no(task, context):
    if task.task_type == "refuses":
        raise Permanent("10 of 10 databases")
    if context.attempt == 1:
        raise RetryAfter(1)


@handler("exits")
def exits(task, context):
    raise SystemExit(3)


def decorated(function):
    return lambda task, context: function(task, context)


@handler("decorated")
@decorated
async def inner(task, context):
    context.log.info("really run")
    logging.getLogger("site.disk").warning("%d %% full", 99)
    warnings.warn("will be gone", RuntimeWarning)
"""


@pytest.fixture
def modules(tmp_path: Path) -> str:
    (tmp_path / "site_handlers.py").write_text(HANDLERS)
    return str(tmp_path)


async def test_handlers_of_a_module(nats_server: NatsServer, tmp_path: Path, modules: str) -> None:
    log = tmp_path / "worker.log"
    flags = ("--handlers", "site_handlers", "--backoff-scale", "0.001", "--log-level", "debug")
    kinds = ("plain", "refuses", "asks", "exits", "unknown", "decorated")
    async with queue(nats_server) as where:
        with worker_process(nats_server, log, *flags, PYTHONPATH=modules):
            for number, kind in enumerate(kinds):
                await publish(where, task(number, task_type=kind))
            await eventually(lambda: all_done(where), within=30)
        dead = {letter.task.task_type: letter for letter, _ in await letters(where)}
    (said,) = log_lines(log, "creating the schema")
    assert (said["task_id"], said["tenant_id"], said["attempt"]) == ("task-0", "acme-0", 1)
    assert said["thread"].startswith("handler-")
    assert {kind: letter.reason for kind, letter in dead.items()} == {
        "refuses": "permanent",
        "exits": "attempts_exhausted",
        "unknown": "permanent",
    }
    assert dead["refuses"].error == "10 of 10 databases"
    assert "(known: asks, blocks, decorated, exits, plain, refuses)" in dead["unknown"].error
    (asked,) = [line for line in log_lines(log, "task.retry") if line["task_id"] == "task-2"]
    assert asked["backoff"] == 1.0
    assert asked["error_type"] == "worker.handlers.errors.RetryAfter"
    assert [line["task_id"] for line in log_lines(log, "really run")] == ["task-5"]
    said = {line["logger"]: line["message"] for line in log_lines(log, "python.log")}
    assert said["site.disk"] == "99 % full"
    assert "RuntimeWarning: will be gone" in said["py.warnings"]
    assert all(line.startswith("{") for line in log.read_text(encoding="utf-8").splitlines())
    traced = [line for line in log_lines(log, "task.traceback") if line["task_id"] == "task-3"]
    assert [line["exception"].splitlines()[-1] for line in traced] == ["SystemExit: 3"] * 5


async def test_a_handler_that_blocks_the_loop_is_named(
    nats_server: NatsServer, tmp_path: Path, modules: str
) -> None:
    log = tmp_path / "worker.log"
    flags = ("--handlers", "site_handlers")
    async with queue(nats_server) as where:
        with worker_process(nats_server, log, *flags, PYTHONPATH=modules):
            await publish(where, task(1, task_type="blocks"))
            await eventually(lambda: all_done(where), within=30)
            await eventually(lambda: len(log_lines(log, "loop.blocked")) == 2)
    during, over = log_lines(log, "loop.blocked")
    assert (during["task_id"], during["task_type"]) == ("task-1", "blocks")
    assert "site_handlers.py" in during["where"]
    assert "plain `def`" in during["hint"]
    assert over["seconds"] >= 2.0


def test_a_module_that_cannot_be_used_says_why(nats_server: NatsServer, tmp_path: Path) -> None:
    (tmp_path / "poor.py").write_text("{}['key']")
    log = tmp_path / "worker.log"
    flags = ("--handlers", "poor")
    with worker_process(nats_server, log, *flags, PYTHONPATH=str(tmp_path)) as process:
        assert process.wait(30) == 2
    assert "poor cannot be loaded: KeyError: 'key' (poor.py, line 1)" in log.read_text()
    assert "Traceback" not in log.read_text()


async def test_the_example_of_the_documentation(nats_server: NatsServer, tmp_path: Path) -> None:
    docs = (ROOT / "docs" / "worker.md").read_text(encoding="utf-8")
    example = docs.partition("```python\n")[2].partition("```")[0]
    (tmp_path / "example.py").write_text(example)
    log = tmp_path / "worker.log"
    async with queue(nats_server) as where:
        with worker_process(nats_server, log, "--handlers", "example", PYTHONPATH=str(tmp_path)):
            for number, plan in enumerate(("silver", "gold", "bronze")):
                await publish(where, task(number, task_type="update", payload={"plan": plan}))
            await publish(where, task(3, task_type="deprovision"))
            await eventually(lambda: all_done(where), within=30)
        ((letter, _),) = await letters(where)
    assert (letter.reason, letter.error) == ("permanent", "there is no plan 'bronze'")
    assert [line["backoff"] for line in log_lines(log, "task.retry")] == [0.5]
    done = sorted((line["task_id"], line["attempt"]) for line in log_lines(log, "task.done"))
    assert done == [("task-0", 1), ("task-1", 2), ("task-3", 1)]
    said = {line["task_id"]: line["databases"] for line in log_lines(log, "provisioned")}
    assert said == {"task-0": 1, "task-1": 5}
    assert [line["tenant"] for line in log_lines(log, "gone")] == ["acme-0"]
