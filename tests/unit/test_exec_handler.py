"""The exec handler with real programs."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.contexts import Refusal, a_context, ended
from tests.support.waiting import eventually
from worker.handlers.context import TaskContext
from worker.handlers.exec import EXCERPT, Other, Program, running
from worker.handlers.registry import HandlerSetupError
from worker.model.task import Task

TASK = Task.from_wire(
    {"task_id": "t-1", "tenant_id": "acme", "task_type": "provision", "payload": {"a": "é"}}
)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="runs programs on POSIX only")


def python(code: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code, *arguments)


def shell(code: str, *arguments: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", code, "sh", *arguments)


async def ran(
    command: tuple[str, ...],
    *,
    task: Task = TASK,
    context: TaskContext | None = None,
    other: Other = "transient",
    within: float = 20.0,
) -> Refusal | None:
    handler = running(Program(command, other, patience=1.0)).find(task.task_type)
    return await ended(handler, task, context or a_context(), within)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except ProcessLookupError:
        return True
    except FileNotFoundError:  # gone since, unless there is no /proc here
        return Path("/proc/self").exists()
    return status.rpartition(")")[2].split()[0] == "Z"


async def written(path: Path) -> str:
    def lines() -> str:
        return path.read_text() if path.exists() else ""

    await eventually(lambda: lines().endswith("\n"))
    return lines().strip()


async def test_the_program_gets_the_task_and_0_is_done(tmp_path: Path) -> None:
    code = (
        "import os,sys,json; json.dump([sys.stdin.read(), dict(os.environ)], open(sys.argv[1],'w'))"
    )
    out = tmp_path / "seen"
    context = a_context(replays=1, headers={"traceparent": TRACE})
    assert await ran(python(code, str(out)), context=context) is None
    stdin, environment = json.loads(out.read_text())
    assert json.loads(stdin)["payload"] == {"a": "é"}
    assert json.loads(stdin)["attempt"] == 2
    expected = {
        "FARUTECH_TASK_ID": "t-1",
        "FARUTECH_TENANT_ID": "acme",
        "FARUTECH_TASK_TYPE": "provision",
        "FARUTECH_MODULE_ID": "",
        "FARUTECH_ATTEMPT": "2",
        "FARUTECH_ATTEMPTS_ALLOWED": "5",
        "FARUTECH_REPLAYS": "1",
        "FARUTECH_WORKER_ID": "worker-9",
        "TRACEPARENT": TRACE,
    }
    assert {name: environment[name] for name in expected} == expected
    assert int(environment["FARUTECH_SECONDS_LEFT"]) in range(50, 61)
    assert environment["PATH"] == os.environ["PATH"]


@pytest.mark.parametrize(
    ("code", "other", "kind"),
    [
        (75, "permanent", "transient"),
        (75, "transient", "transient"),
        (1, "permanent", "permanent"),
        (1, "transient", "transient"),
        (255, "permanent", "permanent"),
    ],
)
async def test_the_exit_code_decides(code: int, other: Other, kind: str) -> None:
    why = await ran(shell(f"echo broken >&2; exit {code}"), other=other)
    assert why is not None
    assert why.kind == kind
    assert why.error == f"sh exited with {code}: broken"


async def test_a_signal_is_named() -> None:
    why = await ran(shell("kill -SEGV $$"), other="permanent")
    assert why is not None
    assert (why.kind, why.error) == ("permanent", "sh was ended by SIGSEGV")


async def test_the_end_of_standard_error_is_shown_literally() -> None:
    said = r"b'x' * 300000 + b'\xff\n\x1b[31m[red] the end\n'"
    why = await ran(python(f"import sys; sys.stderr.buffer.write({said}); sys.exit(1)"))
    assert why is not None
    assert why.error.endswith("\\x1b[31m[red] the end")
    assert "exited with 1: …x" in why.error
    assert len(why.error) < EXCERPT + 50
    assert "\x1b" not in why.error


async def test_a_program_that_reads_nothing_gets_a_large_task_all_the_same() -> None:
    large = Task(task_id="t", task_type="provision", payload={"x": "y" * 900_000})
    assert await ran(("true",), task=large) is None


async def test_a_program_that_shouts_for_ever_on_standard_output_blocks_nobody() -> None:
    assert await ran(shell("head -c 3000000 /dev/zero")) is None


@pytest.mark.parametrize("new_loop", ["asyncio", "uvloop"])
def test_a_grandchild_that_lives_on_does_not_hold_the_task(new_loop: str, tmp_path: Path) -> None:
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    if new_loop == "uvloop":
        factory = pytest.importorskip("uvloop").new_event_loop
    out = tmp_path / "pid"

    async def scenario() -> None:
        began = asyncio.get_running_loop().time()
        why = await ran(shell("sleep 60 & echo $! > $1; echo said >&2; exit 3", str(out)))
        assert why is not None
        assert why.error == "sh exited with 3: said"
        assert asyncio.get_running_loop().time() - began < 20
        os.kill(int(await written(out)), 9)

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(scenario())


async def test_the_deadline_ends_the_whole_process_group(tmp_path: Path) -> None:
    out = tmp_path / "pids"
    script = "trap '' TERM; sleep 60 & echo $$ $! > $1; wait"
    why = await ran(shell(script, str(out)), within=0.7)
    assert why is not None
    assert why.kind == "timeout"
    pids = [int(pid) for pid in (await written(out)).split()]
    assert len(pids) == 2
    for pid in pids:
        await eventually(partial(is_gone, pid))


async def test_a_program_may_end_in_order_when_it_is_told_to(tmp_path: Path) -> None:
    out = tmp_path / "said"
    script = "trap 'echo tidy > $1; exit 0' TERM; while :; do sleep 0.05; done"
    why = await ran(shell(script, str(out)), within=0.5)
    assert why is not None
    assert await written(out) == "tidy"


async def test_a_second_cancellation_ends_it_at_once(tmp_path: Path) -> None:
    out = tmp_path / "pid"
    handler = running(
        Program(
            shell("trap '' TERM; echo $$ > $1; while :; do sleep 1; done", str(out)),
            "transient",
            patience=60,
        )
    ).find("provision")
    work = asyncio.create_task(ended(handler, TASK, a_context(), 60))
    pid = int(await written(out))
    began = asyncio.get_running_loop().time()
    work.cancel()
    await asyncio.sleep(0.1)
    assert not work.done()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert asyncio.get_running_loop().time() - began < 30
    await eventually(lambda: is_gone(pid))
    # The loop must hear of the end before it is closed, or it takes the program for running.
    await eventually(lambda: asyncio.all_tasks() == {asyncio.current_task()})


async def test_hostile_values_are_shown_to_the_program_literally(tmp_path: Path) -> None:
    out = tmp_path / "seen"
    hostile: dict[str, Any] = {"task_id": "a\x00b\n\ud800" + "x" * 5000, "task_type": "provision"}
    code = "import os,sys; open(sys.argv[1],'w').write(os.environ['FARUTECH_TASK_ID']+'\\n')"
    assert await ran(python(code, str(out)), task=Task(**hostile)) is None
    seen = await written(out)
    assert seen.startswith(r"a\x00b\n\ud800x")
    assert len(seen) <= 1000


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")
async def test_nothing_is_left_open() -> None:
    def descriptors() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    assert await ran(("true",)) is None
    before = descriptors()
    for _ in range(5):
        assert await ran(shell("echo x >&2; exit 1")) is not None
        await ran(shell("sleep 60"), within=0.05)
    await eventually(lambda: descriptors() <= before)


@pytest.mark.parametrize("command", [(), ("no-such-program-anywhere",), ("/etc/passwd",)])
def test_a_program_that_cannot_be_run_is_said_before_anything_runs(
    command: tuple[str, ...],
) -> None:
    with pytest.raises(HandlerSetupError, match="there is no program"):
        running(Program(command, "transient"))


async def test_a_program_that_went_away_is_transient(tmp_path: Path) -> None:
    script = tmp_path / "work.sh"
    script.write_text("#!/bin/sh\nexit 0\n")
    script.chmod(0o755)
    handler = running(Program((str(script),), "transient")).find("provision")
    assert await ended(handler, TASK, a_context(), 10) is None
    script.unlink()
    why = await ended(handler, TASK, a_context(), 10)
    assert why is not None
    assert why.kind == "transient"
    assert "work.sh cannot be started" in why.error
