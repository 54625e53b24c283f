"""One dead letter in full, as lines. Pure; whatever the letter holds is shown literally."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from farutech_console.operations.units import age, count, duration, full_time, size
from farutech_console.tui.common.spans import Line, Span, Tone, line
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from worker.model.dead_letter import StoredDeadLetter

LABEL = 11
SHOWN = 64 * 1024
"""Characters of one text that are shown; the rest is counted."""

ERROR = 400
"""Columns of the error above the fields."""

FIELD = 200
"""Columns of a field; what is longer has no business in one."""

HEX_SHOWN = 4 * 1024
HEX_ROW = 16
NONE = "–"  # noqa: RUF001 - a glyph


def heading_lines(stored: StoredDeadLetter, now: datetime) -> list[Line]:
    """Return the part in which ages grow: the error and the fields."""
    return [
        line(Span(literal(stored.error, ERROR) or "no error is given", "bad")),
        (),
        *_fields(stored, now),
    ]


def body_lines(stored: StoredDeadLetter) -> list[Line]:
    """Return the part that stays as it is, and may be long."""
    return [
        *_error(stored),
        *_traceback(stored),
        *_section("headers", _headers(stored)),
        *_content(stored),
    ]


def _fields(stored: StoredDeadLetter, now: datetime) -> Iterator[Line]:
    task, letter = stored.task, stored.letter
    died = f"{full_time(stored.died_at)}, {duration(age(stored.died_at, now))} ago"
    yield _field("task", task.task_id, "strong")
    yield _field("tenant", task.tenant_id)
    yield _field("type", task.task_type)
    yield _field("module", task.module_id)
    yield _field("died", died)
    if letter is not None:
        allowed = f" of {task.max_retries}" if task.max_retries else ""
        yield _field("tries", f"{letter.final_attempt}{allowed}")
        yield _field("worker", letter.worker_id)
        yield _field("reason", (letter.reason or "").replace("_", " "))
        if letter.replays:
            yield _field("replays", f"{letter.replays}: it failed again after each", "warn")
        if letter.first_failed_at:
            yield _field("first fail", letter.first_failed_at)
        if letter.source is not None:
            yield _field("was", f"{letter.source.subject} seq {letter.source.sequence}")
    yield _field("created", task.created_at)
    yield _field("stored", f"seq {stored.sequence} on {stored.subject}")
    yield _expires(stored, now)


def _expires(stored: StoredDeadLetter, now: datetime) -> Line:
    if stored.expires_at is None:
        return _field("kept", "for ever")
    left = duration((stored.expires_at - now).total_seconds())
    return _field("expires", f"in {left}, at {full_time(stored.expires_at)}", "warn")


def _field(label: str, text: str, tone: Tone = "plain") -> Line:
    return line(Span(f"{label:<{LABEL}}", "muted"), Span(literal(text, FIELD) or NONE, tone))


def _section(title: str, lines: Iterable[Line]) -> list[Line]:
    found = list(lines)
    return [(), line(Span(title, "accent")), *found] if found else []


def _text(text: str, tone: Tone = "plain") -> Iterator[Line]:
    """Yield a text line by line, each literal; past `SHOWN` it says how much is left."""
    for part in text[:SHOWN].split("\n"):
        yield line(Span(literal(part), tone))
    if len(text) > SHOWN:
        yield line(Span(f"… {count(len(text) - SHOWN)} characters more", "warn"))


def _error(stored: StoredDeadLetter) -> list[Line]:
    """Return the error in full, where the first line of the detail cuts it."""
    if literal(stored.error, ERROR) == stored.error:
        return []
    return _section("error", _text(stored.error, "bad"))


def _traceback(stored: StoredDeadLetter) -> list[Line]:
    letter = stored.letter
    if letter is None or not letter.traceback:
        return []
    kind = f" · {literal(letter.error_type, 80)}" if letter.error_type else ""
    return _section(f"traceback{kind}", _text(letter.traceback, "muted"))


def _headers(stored: StoredDeadLetter) -> Iterator[Line]:
    for name, value in stored.headers.items():
        yield line(Span(f"{literal(name, 200)}: ", "muted"), Span(literal(value[:SHOWN])))


def _content(stored: StoredDeadLetter) -> list[Line]:
    letter = stored.letter
    if letter is None:
        return _section(f"body, {size(len(stored.body))}", _octets(stored.body))
    if stored.problem:
        return _section("message", [line(Span(literal(stored.problem), "bad"))])
    raw = letter.raw_bytes()
    if raw is not None:
        aside = " · in the object store" if letter.raw_object else ""
        return _section(f"message as it came, {size(len(raw))}{aside}", _octets(raw))
    extra = letter.task.model_extra or {}
    more = _section("other keys of the task", _json(extra)) if extra else []
    return [*_section("payload", _json(letter.task.payload)), *more]


def _json(value: object) -> Iterator[Line]:
    return _text(json.dumps(value, ensure_ascii=False, indent=2))


def _octets(data: bytes) -> Iterator[Line]:
    """Yield bytes as text where they are text, else as hex with what can be printed beside it."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        yield from _hex(data)
        return
    if "\x00" in text:
        yield from _hex(data)
        return
    yield from _text(_pretty(text))


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text


def _hex(data: bytes) -> Iterator[Line]:
    for at in range(0, min(len(data), HEX_SHOWN), HEX_ROW):
        row = data[at : at + HEX_ROW]
        printed = "".join(chr(octet) if 0x20 <= octet < 0x7F else "·" for octet in row)
        octets = row.hex(" ")
        yield line(
            Span(f"{at:06x}  ", "muted"), f"{octets:<{HEX_ROW * 3}} ", Span(printed, "muted")
        )
    if len(data) > HEX_SHOWN:
        yield line(Span(f"… {size(len(data) - HEX_SHOWN)} more", "warn"))


def gone_lines(why: str) -> list[Line]:
    """Return what stands there when the letter cannot be shown."""
    return [line(Span(f"This letter cannot be shown: {literal(why)}", "warn"))]
