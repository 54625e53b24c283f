"""Logs: a JSON object per line for machines, readable lines on a terminal."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor

from worker.model.text import literal

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
LONGEST_VALUE = 2000
"""Characters of one value that a line shows."""


def logger(level: str, style: str, stream: TextIO | None = None) -> FilteringBoundLogger:
    """Return a logger that writes to `stream`, standard error by default.

    `level` is `debug`, `info`, `warning` or `error`; `style` is `json`, `text`, or `auto` for text
    on a terminal and JSON elsewhere. Text has the time of the place, and, on a terminal where
    `NO_COLOR` is not set, colours.
    """
    out = stream or sys.stderr
    on_terminal = out.isatty()
    as_text = style == "text" or (style == "auto" and on_terminal)
    bound: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(cast("TextIO", _Reader(out))),
        processors=_processors(as_text, colors=on_terminal and not os.environ.get("NO_COLOR")),
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        cache_logger_on_first_use=True,
    )
    return bound


class _Reader(io.TextIOBase):
    """Whoever reads the log; where nobody does, a full disk or a closed pipe, work goes on."""

    def __init__(self, out: TextIO) -> None:
        super().__init__()
        self._out = out

    def write(self, text: str) -> int:
        """Write, or pass over what cannot be written: a lost line must not cost a task."""
        with contextlib.suppress(OSError):
            return self._out.write(text)
        return len(text)

    def flush(self) -> None:
        """Have it written."""
        with contextlib.suppress(OSError):
            self._out.flush()


def _processors(as_text: bool, *, colors: bool) -> list[Processor]:  # noqa: FBT001 - private
    if as_text:
        return [
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            structlog.processors.format_exc_info,
            _literal,
            structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=20, sort_keys=False),
        ]
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _literal,
        structlog.processors.dict_tracebacks,
        structlog.processors.JSONRenderer(),
    ]


def _literal(_logger: Any, _method: str, event: EventDict) -> EventDict:  # noqa: ANN401 - structlog's
    """Show what came over the wire as it is: no control character acts, none is too long."""
    for key, value in event.items():
        if key == "exception":
            event[key] = "\n".join(literal(line) for line in str(value).splitlines())
        elif isinstance(value, str):
            event[key] = _shown(value)
    return event


def _shown(text: str) -> str:
    if len(text) > LONGEST_VALUE:
        text = f"{text[:LONGEST_VALUE]}… ({len(text)} characters)"
    return literal(text)


def is_told(count: int) -> bool:
    """Return whether what happens again and again is told this time: the 1st, 2nd, 4th, 8th, ..."""
    return count & (count - 1) == 0
