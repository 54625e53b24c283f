"""One dead letter in full, as lines. Pure; whatever the letter holds is shown literally."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from farutech_console.language import tr, trn
from farutech_console.operations.letters.secrets import HIDDEN, is_secret, without_secrets
from farutech_console.operations.story.words import step_words
from farutech_console.operations.units import age, count, duration, full_time, size
from farutech_console.tui.common.kinds import kind_column
from farutech_console.tui.common.spans import Span, Tone, line
from farutech_console.tui.dlq.parts import Part, json_parts, section
from worker.model.clock import ZERO_TIME
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.audit.notes import Note
    from farutech_console.operations.story.view import TaskStory
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
MOST_STEPS = 200
"""Steps of a history that are shown, the latest."""

NONE = "–"  # noqa: RUF001 - a glyph


def heading_parts(stored: StoredDeadLetter, now: datetime, *, secrets: bool = False) -> list[Part]:
    """Return the part in which ages grow: the error and the fields."""
    error = _told(stored.error, secrets=secrets)
    head = literal(error, ERROR) or tr("no error is given")
    return [Part(line(Span(head, "bad")), error), Part(()), *_fields(stored, now)]


def body_parts(stored: StoredDeadLetter, *, secrets: bool = False) -> list[Part]:
    """Return the part that stays as it is, and may be long."""
    return [
        *_error(stored, secrets=secrets),
        *_traceback(stored, secrets=secrets),
        *section(tr("headers"), _headers(stored, secrets=secrets)),
        *_content(stored, secrets=secrets),
    ]


def note_parts(note: Note | None, now: datetime) -> list[Part]:
    """Return the note on the letter's cause."""
    if note is None:
        return []
    by = tr("note by {by}, {age} ago", by=literal(note.by, 60), age=duration(age(note.at, now)))
    return [
        Part(()),
        Part(line(Span(f"▸ {by}", "accent")), note.text),
        *(Part(line(Span(literal(one))), note.text) for one in note.text.split("\n")),
    ]


def history_parts(story: TaskStory | None) -> list[Part]:
    """Return every attempt, death and replay that is known of the letter's task."""
    if story is None:
        reading = tr("◌ reading all attempts and replays of the task…")
        return section(tr("history"), [Part(line(Span(reading, "muted")))])
    steps = story.steps[-MOST_STEPS:]
    parts = [
        Part(
            line(
                Span(f"{full_time(step.at)}  ", "muted"),
                kind_column(step.kind),
                Span(
                    " · ".join(map(without_secrets, step_words(step))),
                    _STEPS.get(step.kind, "plain"),
                ),
            ),
            step.detail,
        )
        for step in steps
    ]
    left = len(story.steps) - len(steps)
    if left:
        parts.insert(0, Part(line(Span(trn("… {n} earlier", "… {n} earlier", left), "muted"))))
    if story.missing:
        gaps = tr("there may be gaps: no {streams}", streams=", ".join(map(literal, story.missing)))
        parts.append(Part(line(Span(gaps, "muted"))))
    return section(tr("history"), parts)


_STEPS: dict[str, Tone] = {"dead_lettered": "bad", "replayed": "accent", "retrying": "warn"}


def _told(text: str, *, secrets: bool) -> str:
    return text if secrets else without_secrets(text)


def _fields(stored: StoredDeadLetter, now: datetime) -> Iterator[Part]:
    task, letter = stored.task, stored.letter
    died = tr("{time}, {age} ago", time=full_time(stored.died_at),
              age=duration(age(stored.died_at, now)))  # fmt: skip
    yield _field(tr("task"), task.task_id, "strong")
    yield _field(tr("tenant"), task.tenant_id)
    yield _field(tr("type"), task.task_type)
    yield _field(tr("module"), task.module_id)
    yield _field(tr("died"), died)
    if letter is not None:
        tries = str(letter.final_attempt)
        if task.max_retries:
            tries = tr("{tries} of {allowed}", tries=tries, allowed=task.max_retries)
        yield _field(tr("tries"), tries)
        yield _field(tr("worker"), letter.worker_id)
        yield _field(tr("reason"), (letter.reason or "").replace("_", " "))
        if stored.replays:
            failed = tr("{n}: it failed again after each", n=stored.replays)
            yield _field(tr("replays"), failed, "warn")
        if letter.first_failed_at:
            yield _field(tr("first fail"), letter.first_failed_at)
        if letter.source is not None:
            yield _field(tr("was"), f"{letter.source.subject} seq {letter.source.sequence}")
    yield _field(tr("created"), "" if task.created_at == ZERO_TIME else task.created_at)
    yield _field(tr("stored"), f"seq {stored.sequence} · {stored.subject}")
    yield _expires(stored, now)


def _expires(stored: StoredDeadLetter, now: datetime) -> Part:
    if stored.expires_at is None:
        return _field(tr("kept"), tr("for ever"))
    left = duration((stored.expires_at - now).total_seconds())
    told = tr("in {time}, at {moment}", time=left, moment=full_time(stored.expires_at))
    return _field(tr("expires"), told, "warn")


def _field(label: str, text: str, tone: Tone = "plain") -> Part:
    shown = Span(literal(text, FIELD) or NONE, tone)
    return Part(line(Span(f"{label:<{LABEL}}", "muted"), shown), text)


def _text(text: str, tone: Tone = "plain") -> Iterator[Part]:
    """Yield a text line by line, each literal; past `SHOWN` it says how much is left."""
    for part in text[:SHOWN].split("\n"):
        yield Part(line(Span(literal(part), tone)), part)
    if len(text) > SHOWN:
        more = tr("… {n} characters more", n=count(len(text) - SHOWN))
        yield Part(line(Span(more, "warn")))


def _error(stored: StoredDeadLetter, *, secrets: bool) -> list[Part]:
    """Return the error in full, where the first line of the detail cuts it."""
    error = _told(stored.error, secrets=secrets)
    if literal(error, ERROR) == error:
        return []
    return section(tr("error"), _text(error, "bad"), error)


def _traceback(stored: StoredDeadLetter, *, secrets: bool) -> list[Part]:
    letter = stored.letter
    if letter is None or not letter.traceback:
        return []
    kind = f" · {literal(letter.error_type, 80)}" if letter.error_type else ""
    text = _told(letter.traceback.rstrip(), secrets=secrets)
    return section(f"{tr('traceback')}{kind}", _text(text, "muted"), text)


def _headers(stored: StoredDeadLetter, *, secrets: bool) -> Iterator[Part]:
    for name, value in stored.headers.items():
        told = HIDDEN if is_secret(name) and not secrets else _told(value, secrets=secrets)
        shown = Span(literal(told[:SHOWN]))
        yield Part(line(Span(f"{literal(name, 200)}: ", "muted"), shown), told)


def _content(stored: StoredDeadLetter, *, secrets: bool) -> list[Part]:
    letter = stored.letter
    if letter is None:
        title = tr("body, {size}", size=size(len(stored.body)))
        return section(title, _octets(stored.body, title, secrets=secrets))
    if stored.problem:
        return section(tr("message"), [Part(line(Span(literal(stored.problem), "bad")))])
    raw = letter.raw_bytes()
    if raw is not None:
        title = tr("message as it came, {size}", size=size(len(raw)))
        if letter.raw_object:
            title += tr(" · in the object store")
        return section(title, _octets(raw, title, secrets=secrets))
    extra = letter.task.model_extra or {}
    payload, others = tr("payload"), tr("other keys of the task")
    more = section(others, json_parts(extra, f"{others}.", secrets=secrets)) if extra else []
    shown = json_parts(letter.task.payload, f"{payload}.", secrets=secrets)
    return [*section(payload, shown), *more]


def _octets(data: bytes, name: str, *, secrets: bool) -> Iterable[Part]:
    """Return bytes as JSON or text where they are that, else as hex with the text beside it."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _hex(data)
    if "\x00" in text:
        return _hex(data)
    try:
        value = json.loads(text)
        if isinstance(value, (dict, list)):
            return list(json_parts(value, f"{name}.", secrets=secrets))
    except (ValueError, RecursionError):
        pass
    return _text(_told(text, secrets=secrets))


def _hex(data: bytes) -> Iterator[Part]:
    for at in range(0, min(len(data), HEX_SHOWN), HEX_ROW):
        row = data[at : at + HEX_ROW]
        printed = "".join(chr(octet) if 0x20 <= octet < 0x7F else "·" for octet in row)
        octets = row.hex(" ")
        spans = (Span(f"{at:06x}  ", "muted"), f"{octets:<{HEX_ROW * 3}} ", Span(printed, "muted"))
        yield Part(line(*spans), octets)
    if len(data) > HEX_SHOWN:
        more = tr("… {size} more", size=size(len(data) - HEX_SHOWN))
        yield Part(line(Span(more, "warn")))
