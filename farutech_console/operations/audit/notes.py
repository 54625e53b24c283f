"""Notes on causes, for the next on-call: each is a record of the audit, the newest one counts."""

from __future__ import annotations

import re
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from farutech_console.language import tr
from farutech_console.operations.audit.log import Wanted, read_audit
from farutech_console.operations.audit.recording import Change, audited
from farutech_console.operations.errors import NoteError
from farutech_console.operations.queue import Queue
from farutech_console.operations.units import count
from worker.model.clock import format_rfc3339

LONGEST = 2000
"""Characters of a note."""

_KEY = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote of a cause, by its key; `at` is the server's time."""

    cause: str
    text: str
    by: str
    at: datetime


async def read_notes(queue: Queue) -> dict[str, Note]:
    """Return the notes there are, by the key of their cause. They are kept for 90 days."""
    newest: dict[str, Note] = {}
    async with aclosing(read_audit(queue, Wanted(action="note"))) as entries:
        async for entry in entries:
            text = entry.details.get("text")
            if entry.about not in newest and isinstance(text, str):
                newest[entry.about] = Note(entry.about, text, entry.by, entry.began_at)
    return {cause: note for cause, note in newest.items() if note.text}


async def write_note(queue: Queue, cause: str, text: str) -> None:
    """Have this be the note of a cause; an empty text takes the note away.

    Raises:
        NoteError: it is too long, or there can be no such cause.
        ReadOnlyError, AuditError: nothing was changed.
    """
    queue.guard("note")
    if not _KEY.fullmatch(cause):
        told = tr(
            "{cause} is no key of a cause: farutech-console dlq groups shows them",
            cause=repr(cause),
        )
        raise NoteError(told)
    text = text.strip()
    if len(text) > LONGEST:
        told = tr(
            "a note has at most {most} characters, this has {n}",
            most=count(LONGEST),
            n=count(len(text)),
        )
        raise NoteError(told)
    change = Change("note", cause, f"farutech-console dlq note {cause}", details={"text": text})
    async with audited(queue, change):
        pass


def note_record(note: Note) -> dict[str, Any]:
    """Return a note as `dlq note --json` prints it."""
    return {
        "cause": note.cause,
        "text": note.text,
        "by": note.by,
        "at": format_rfc3339(note.at),
    }
