"""The demo as a newcomer sees it: in a real terminal, keys pressed, nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.terminal import Terminal, in_terminal

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="needs a pty"),
]

CONSOLE = Path(sysconfig.get_path("scripts")) / "farutech-console"
CAUSES = frozenset({"connection", "quota", "timeout", "unknown", "schema", "module", "«not"})
HEADER = re.compile(r"seq▼? +died +task")
TASK = re.compile(r"│ +tasks +([0-9a-f-]{36})")
PATIENCE_S = 60.0

Demo = tuple[Terminal, "subprocess.Popen[bytes]"]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("NATS_")}
    command = [str(CONSOLE), "demo"]
    with in_terminal(command, {**env, "TMPDIR": str(tmp_path)}, columns=160) as started:
        yield started


def _words(text: str) -> set[str]:
    return set(text.split())


def _newest_can_be_replayed(text: str) -> bool:
    """Whether the first row of the table is a task that the demo's worker knows."""
    lines = iter(text.splitlines())
    newest = next((row for line in lines if HEADER.search(line) for row in lines), "")
    newest = re.split("[│╭╰]", newest)[0]  # beside it stand causes and the letter under the cursor
    return "/5" in newest and "unknown task type" not in newest


def _left_behind(folder: Path) -> list[str]:
    """Return the files in the demo's folder and the processes that were told of it."""
    files = [str(path) for path in folder.iterdir()]
    processes = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"TMPDIR={folder}".encode() in entry.read_bytes():
                processes.append(entry.parent.name)
        except OSError:
            continue
    return files + processes


def test_a_dead_letter_is_replayed_and_succeeds(demo: Demo, tmp_path: Path) -> None:
    terminal, process = demo
    terminal.wait_for("live", PATIENCE_S)
    assert "backoff runs at 1/20 of the real schedule" in terminal.text()
    terminal.send("3")
    terminal.wait_for(lambda text: len(CAUSES.intersection(_words(text))) >= 3, PATIENCE_S)
    terminal.wait_for(_newest_can_be_replayed, PATIENCE_S)
    terminal.send("gr")
    plan = terminal.wait_for(lambda text: TASK.search(text) is not None)
    task_id = TASK.findall(plan)[0]
    terminal.send("\t\r")
    terminal.wait_for("1 replayed")
    terminal.send("2")
    terminal.wait_for(lambda text: re.search(rf"succeeded .*{task_id}", text) is not None)
    terminal.send("q")
    assert terminal.wait_for_end(process) == 0
    assert _left_behind(tmp_path) == []


def test_a_terminal_that_hangs_up_ends_it_all(demo: Demo, tmp_path: Path) -> None:
    terminal, process = demo
    terminal.wait_for("live", PATIENCE_S)
    process.send_signal(signal.SIGHUP)
    assert terminal.wait_for_end(process) == 128 + signal.SIGHUP
    assert _left_behind(tmp_path) == []
    assert terminal.raw.rstrip().endswith(b"\x1b[?25h") or b"\x1b[?1049l" in terminal.raw


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's word for it is Linux's")
def test_a_killed_console_takes_its_processes_along(demo: Demo, tmp_path: Path) -> None:
    terminal, process = demo
    terminal.wait_for("live", PATIENCE_S)
    process.kill()
    process.wait()
    terminal.wait_for(lambda _: not [x for x in _left_behind(tmp_path) if x.isdigit()])
