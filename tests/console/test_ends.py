"""However the console ends, it says so by its exit code and leaves the terminal as it was."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.terminal import Terminal, in_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")

CONSOLE = "from farutech_console.entry import main; main()"
NOBODY = "nats://127.0.0.1:1"
SECRET = "hunter2"
RESTORED = (
    b"\x1b[?1000l",
    b"\x1b[?1006l",
    b"\x1b[?2004l",
    b"\x1b[?7h",
    b"\x1b[<u",
    b"\x1b[?1049l",
    b"\x1b[?25h",
    b"\x1b[?1004l",
)
"""Mouse and bracketed paste off, lines wrapped, the keyboard's own protocol popped, out of the
alternate screen, cursor shown, no word of who has the focus."""

RUNNING = """
import asyncio, sys
from farutech_console.tui.app import run_console
from tests.console.fixed import FixedBackend
from tests.console.moment import StillClock

sys.exit(run_console(FixedBackend(gate=asyncio.Event()), clock=StillClock()))
"""

CRASHING = f"""
import sys
from farutech_console.tui.app import run_console
from farutech_console.tui.overview.screen import OverviewRoom
from tests.console.fixed import FixedBackend
from tests.console.moment import StillClock

def show(self, live):
    payload = {SECRET!r}
    raise ValueError(f"[bold]password {{payload}}")

OverviewRoom.show = show
sys.exit(run_console(FixedBackend(), clock=StillClock()))
"""

Started = tuple[Terminal, "subprocess.Popen[bytes]"]


@contextmanager
def program(*arguments: str) -> Iterator[Started]:
    """Python with these arguments in a terminal of its own, away from the operator's settings."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("NATS_")}
    command = [sys.executable, *arguments]
    with in_terminal(command, env, columns=100, rows=30) as started:
        yield started


@pytest.fixture
def console() -> Iterator[Started]:
    """A console that looks for a server in vain."""
    with program("-c", CONSOLE, "--server", NOBODY) as started:
        started[0].wait_for("No NATS server answers")
        yield started


def modes(terminal: Terminal) -> list[object]:
    """The terminal's modes: echo, lines, signals."""
    return termios.tcgetattr(terminal.child_fd)[:4]


def assert_restored(terminal: Terminal) -> None:
    """What was switched on is switched off, last of all, and the keyboard is popped as pushed."""
    begun = terminal.raw.index(b"\x1b[?1049h")
    for sequence in RESTORED:
        assert terminal.raw.rindex(sequence) > begun, sequence
    pushed = len(re.findall(rb"\x1b\[>\d+u", terminal.raw))
    assert pushed == terminal.raw.count(b"\x1b[<u") > 0
    assert terminal.raw.rindex(b"\x1b[<u") < terminal.raw.rindex(b"\x1b[?1049l")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_in_order(console: Started, number: signal.Signals) -> None:
    terminal, process = console
    process.send_signal(number)
    assert terminal.wait_for_end(process) == 128 + number
    assert_restored(terminal)


def test_a_signal_during_a_run_ends_it_in_order() -> None:
    with program("-c", RUNNING) as (terminal, process):
        terminal.wait_for("12,210")
        terminal.send("3")
        terminal.wait_for("90412")
        terminal.send("ar")
        terminal.wait_for("Replay 40 dead letters")
        terminal.send("\x1b[C\r")
        terminal.wait_for("0/40")
        process.terminate()
        assert terminal.wait_for_end(process) == 128 + signal.SIGTERM
        assert_restored(terminal)


def test_the_terminals_modes_are_put_back() -> None:
    with program("-c", f"input(); {CONSOLE}", "--server", NOBODY) as (terminal, process):
        before = modes(terminal)
        terminal.send("\n")
        terminal.wait_for("No NATS server answers")
        assert modes(terminal) != before
        process.terminate()
        assert terminal.wait_for_end(process) == 128 + signal.SIGTERM
        assert modes(terminal) == before


def test_q_ends_it_with_0(console: Started) -> None:
    terminal, process = console
    terminal.send("q")
    assert terminal.wait_for_end(process) == 0
    assert_restored(terminal)


def test_q_ends_it_after_a_signal_to_go_on(console: Started) -> None:
    terminal, process = console
    for _ in range(3):
        process.send_signal(signal.SIGCONT)
        terminal.read(0.2)
    terminal.send("q")
    assert terminal.wait_for_end(process) == 0
    assert_restored(terminal)


def test_a_terminal_that_is_gone_ends_it(console: Started) -> None:
    terminal, process = console
    os.close(terminal._fd)
    terminal._fd = os.open(os.devnull, os.O_RDWR)
    assert process.wait(20) == 128 + signal.SIGHUP


def test_a_terminal_that_is_gone_before_the_first_screen_ends_it() -> None:
    with program("-c", CONSOLE, "--server", NOBODY) as (terminal, process):
        while b"\x1b[?1049h" not in terminal.raw:
            terminal.read(0.05)
        os.close(terminal._fd)
        terminal._fd = os.open(os.devnull, os.O_RDWR)
        assert process.wait(20) == 128 + signal.SIGHUP


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_terminal_that_stalled_and_is_gone_ends_it(console: Started) -> None:
    """A laptop that fell asleep and was switched off: all that is written waits, then fails."""
    terminal, process = console
    terminal.send("12345" * 100)
    rests = 0
    before = -1
    while rests < 10:
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
        used = main_thread_ticks(process.pid)
        rests, before = (rests + 1 if used == before else 0), used
    os.close(terminal._fd)
    terminal._fd = os.open(os.devnull, os.O_RDWR)
    assert process.wait(20) == 128 + signal.SIGHUP


def main_thread_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/task/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_a_crash_tells_where_and_nothing_that_anybody_sent() -> None:
    with program("-c", CRASHING) as (terminal, process):
        assert terminal.wait_for_end(process) == 1
        shown = terminal.raw.decode()
        assert "farutech-console crashed: ValueError" in shown
        assert "in show" in shown
        assert SECRET not in shown
        assert_restored(terminal)
