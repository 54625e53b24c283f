"""Logs: one line each, in the form that the reader needs, with nothing in them that acts."""

from __future__ import annotations

import io
import json
import logging

import pytest

from worker.telemetry.logging import LONGEST_VALUE, is_told, logger
from worker.telemetry.python_logging import PythonLogHandler

HOSTILE = "evil\x1b[2J\x00\u202e\n[/red]"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_json_where_nobody_reads_along() -> None:
    out = io.StringIO()
    log = logger("info", "auto", out).bind(task_id="t-1", tenant_id="acme", attempt=2)
    log.info("task.done", seconds=0.5)
    line = json.loads(out.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "task.done",
        "level": "info",
        "task_id": "t-1",
        "tenant_id": "acme",
        "attempt": 2,
        "seconds": 0.5,
    }


def test_text_on_a_terminal() -> None:
    out = Terminal()
    logger("info", "auto", out).info("task.done", task_id="t-1")
    assert "task.done" in out.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(out.getvalue())


@pytest.mark.parametrize("style", ["json", "text"])
def test_what_came_over_the_wire_is_shown_and_does_nothing(style: str) -> None:
    out = io.StringIO()
    logger("info", style, out).info("task.dead", error=HOSTILE, long="x" * 5000)
    written = out.getvalue()
    assert written.count("\n") == 1
    assert written.isascii() or style == "text"
    for hidden in ("\x1b", "\x00", "\u202e"):
        assert hidden not in written
    assert "[/red]" in written
    assert "x" * LONGEST_VALUE in written
    assert "x" * (LONGEST_VALUE + 1) not in written


def test_what_python_loggers_say_is_a_line_of_the_log() -> None:
    out = io.StringIO()
    theirs = logging.getLogger("their.library")
    handler = PythonLogHandler(logger("warning", "json", out))
    theirs.addHandler(handler)
    theirs.info("not told")
    try:
        raise OSError("refused")
    except OSError:
        theirs.exception("export of %d spans failed\n", 3)
    theirs.removeHandler(handler)
    line = json.loads(out.getvalue())
    assert (line["event"], line["level"], line["logger"]) == ("python.log", "error", theirs.name)
    assert line["message"] == "export of 3 spans failed\\n"
    assert line["exception"].splitlines()[-1] == "OSError: refused"


class Gone(io.StringIO):
    """A pipe whose reader has ended."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise BrokenPipeError


@pytest.mark.parametrize("style", ["json", "text"])
def test_a_log_that_nobody_reads_any_more_stops_nothing(style: str) -> None:
    logger("info", style, Gone()).info("worker.stopping", signal="SIGTERM")


def test_lines_below_the_level_are_not_written() -> None:
    out = io.StringIO()
    log = logger("warning", "json", out)
    log.info("quiet")
    log.warning("loud")
    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == ["loud"]


@pytest.mark.parametrize("style", ["json", "text"])
def test_a_traceback_is_shown_and_does_nothing(style: str) -> None:
    out = io.StringIO()
    log = logger("info", style, out)
    try:
        raise ValueError(HOSTILE)
    except ValueError as error:
        log.error("broken", exc_info=error)  # noqa: TRY400 - with the error
    assert "ValueError" in out.getvalue()
    assert "raise ValueError(HOSTILE)" in out.getvalue() or style == "json"
    assert not any(hidden in out.getvalue() for hidden in "\x1b\x00\u202e")
    if style == "json":
        assert len(out.getvalue().splitlines()) == 1


def test_what_goes_on_is_told_ever_more_rarely() -> None:
    assert [count for count in range(1, 40) if is_told(count)] == [1, 2, 4, 8, 16, 32]
