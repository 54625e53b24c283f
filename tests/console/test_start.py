"""The first paint waits for nothing: neither for settings nor for NATS, nor for a server."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from farutech_console.entry import opens_the_console
from tests.support.terminal import in_terminal

HEAVY = ("nats", "pydantic", "pydantic_settings", "click", "farutech_console.tui.dlq")

# Says what was imported when settings are first asked for, which is held up until we painted.
STARTING = """
import json, pathlib, sys, threading
from farutech_console.commands.terminal import open_console

def load():
    folder = pathlib.Path(sys.argv[1])
    while not (folder / "painted").exists():
        threading.Event().wait(0.01)
    (folder / "modules.json").write_text(json.dumps(sorted(sys.modules)))
    raise SystemError("the settings are wrong")

try:
    open_console(load)
except SystemError as error:
    sys.exit(f"refused: {error}")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")
def test_it_paints_before_it_imports_or_reads_anything(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTING, str(tmp_path)]
    with in_terminal(command, os.environ) as (terminal, process):
        terminal.wait_for("starting")
        (tmp_path / "painted").touch()
        assert terminal.wait_for_end(process) == 1
        assert "refused: the settings are wrong" in terminal.text()
    imported = json.loads((tmp_path / "modules.json").read_text())
    assert "textual" in imported
    assert not set(imported).intersection(HEAVY)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")
def test_wrong_settings_are_told_once_the_terminal_is_put_back() -> None:
    program = "from farutech_console.entry import main; main()"
    command = [sys.executable, "-c", program, "--no-such-flag"]
    with in_terminal(command, os.environ) as (terminal, process):
        assert terminal.wait_for_end(process) == 2
        assert "No such option" in terminal.text()


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--read-only"],
        ["--server", "nats://host:4222", "--read-only"],
        ["--stream=ORDERS"],
        ["--stream", "ORDERS"],
    ],
)
def test_flags_alone_open_the_console(words: list[str]) -> None:
    assert opens_the_console(words)


@pytest.mark.parametrize(
    "words",
    [
        ["dlq", "list"],
        ["--read-only", "dlq", "list"],
        ["--server", "nats://host:4222", "dlq"],
        ["--stream=ORDERS", "demo"],
        ["--help"],
        ["--server", "nats://host:4222", "-h"],
        ["--version"],
        ["--no-such-flag", "status"],
    ],
)
def test_what_may_be_a_command_is_left_to_the_command_line(words: list[str]) -> None:
    assert not opens_the_console(words)
