"""Replaying one dead letter with another task than the one that died."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import aclosing
from dataclasses import dataclass

from farutech_console.language import tr
from farutech_console.language.no_task import why_no_task
from farutech_console.operations.audit.recording import Change, audited
from farutech_console.operations.changes.archive import ensure_archive
from farutech_console.operations.changes.tools import replayer
from farutech_console.operations.errors import OperationError, StalePlanError
from farutech_console.operations.letters.one_letter import absence, read_letter
from farutech_console.operations.model import Outcome
from farutech_console.operations.queue import Queue
from worker.jetstream.errors import PayloadTooLargeError
from worker.jetstream.moves.archive import Archive, Purpose, edited_key
from worker.jetstream.replays.claims import Author
from worker.jetstream.topology.layout import Layout
from worker.model import wire_json
from worker.model.dead_letter import StoredDeadLetter
from worker.model.task import InvalidTaskError, Task, encode_task, parse_task

_JSON_PLACE = re.compile(r"line (\d+) column (\d+)")


class NotEditableError(OperationError):
    """There is no such letter, or nothing in it that an editor could show."""


class InvalidEditError(OperationError):
    """What was written is no task. `line` and `column` are where, 0 where that is not known."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Draft:
    """The task of a letter as text to be edited, and the letter that it was read from."""

    letter: StoredDeadLetter
    stream: str
    generation: str
    text: str

    @property
    def sequence(self) -> int:
        """The letter's sequence."""
        return self.letter.sequence


async def draft_of(queue: Queue, sequence: int) -> Draft:
    """Return the task of a letter, pretty; what was never a task as it came.

    Raises:
        NotEditableError: there is no such letter, or it holds no text.
    """
    layout = await queue.fresh_layout()
    letter = await read_letter(queue, sequence)
    if letter is None:
        raise NotEditableError(absence(sequence, layout.dead_letters.last_sequence))
    return draft_from(letter, layout.dead_letters.name, layout.dlq_generation)


def draft_from(letter: StoredDeadLetter, stream: str, generation: str) -> Draft:
    """Return the task of a letter that was read, see `draft_of`.

    Raises:
        NotEditableError: it holds no text.
    """
    sequence = letter.sequence
    if letter.letter is None or letter.problem:
        why = letter.problem or letter.error
        told = tr("dead letter {n} has no task to edit: {why}", n=sequence, why=why)
        raise NotEditableError(told)
    try:
        text = pretty(letter.letter.replay_body())
    except UnicodeDecodeError as error:
        told = tr(
            "the message of dead letter {n} is no text: not UTF-8 at byte {byte}",
            n=sequence,
            byte=error.start,
        )
        raise NotEditableError(told) from error
    return Draft(letter, stream, generation, text)


def pretty(body: bytes) -> str:
    """Return JSON on many lines, other text as it is.

    Raises:
        UnicodeDecodeError: it is no text.
    """
    try:
        value = wire_json.loads(body)
    except wire_json.InvalidJsonError:
        return body.decode("utf-8")
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2, allow_nan=False)
    return text + "\n"


def read_edited(text: str) -> Task:
    """Return the task in a text, fit to be run.

    Raises:
        InvalidEditError: there is none; it says why, and where.
    """
    try:
        return parse_task(text.encode("utf-8")).with_attempt(1)
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise InvalidEditError(tr("there is half of a character in it"), line) from error
    except InvalidTaskError as error:
        said, told = str(error), why_no_task(str(error))
        place = _JSON_PLACE.search(said)
        if place:
            raise InvalidEditError(told, int(place[1]), int(place[2])) from error
        raise InvalidEditError(told, _line_of(text, said)) from error


async def edit(queue: Queue, draft: Draft, text: str, why: str = "") -> Outcome:
    """Replay a letter once with the task in `text`; the archive keeps the letter as it was.

    Two who edit or replay it at once are told apart by its claim, as in any replay.

    Raises:
        InvalidEditError: there is no task in the text; nothing was changed.
        StalePlanError: the letter is not there any more as it was read.
        ReadOnlyError, AuditError, ArchiveError: nothing was changed.
        JetStreamError: the server was away for too long; replaying the letter again explains it.
    """
    queue.guard("edit")
    body = encode_task(read_edited(text))
    layout = await queue.fresh_layout()
    letter = await _still_there(queue, layout, draft)
    change = Change(
        action="edit",
        about=draft.stream,
        command=f"farutech-console dlq edit {draft.sequence}",
        why=why,
        generation=draft.generation,
        sequences=(draft.sequence,),
        details={
            "original": hashlib.sha256(letter.body).hexdigest(),
            "task": hashlib.sha256(body).hexdigest(),
        },
    )
    async with audited(queue, change) as tally:
        await ensure_archive(queue, layout)
        author = Author(queue.operator, tally.id)
        outcome = await _keep(queue, draft, letter, author, why)
        if outcome is None:
            outcome = await _replay(queue, layout, draft, author, body)
        tally.count(outcome.outcome, outcome.sequence, outcome.detail)
    return outcome


async def _still_there(queue: Queue, layout: Layout, draft: Draft) -> StoredDeadLetter:
    same = (layout.dead_letters.name, layout.dlq_generation) == (draft.stream, draft.generation)
    letter = await read_letter(queue, draft.sequence) if same else None
    if letter is None or letter.body != draft.letter.body:
        raise StalePlanError(
            tr("dead letter {n} is gone: replayed or purged while it was edited", n=draft.sequence)
        )
    return letter


async def _keep(
    queue: Queue, draft: Draft, letter: StoredDeadLetter, author: Author, why: str
) -> Outcome | None:
    """Keep the letter as it was, not for an undo but for the record."""
    key = edited_key(f"{draft.generation}-{draft.sequence}", author.run)
    try:
        await Archive(queue.api, queue.names).add(key, letter, Purpose(author.run, author.by, why))
    except PayloadTooLargeError as error:
        detail = f"not sent: the original is too large for the archive ({error})"
        return Outcome(draft.sequence, letter.task.task_id, "failed", detail)
    return None


async def _replay(
    queue: Queue, layout: Layout, draft: Draft, author: Author, body: bytes
) -> Outcome:
    replaying = replayer(queue, layout, author).run([draft.sequence], edited={draft.sequence: body})
    async with aclosing(replaying) as run:
        async for done in run:
            return Outcome(done.sequence, done.task_id, done.result, done.detail)
    raise StalePlanError(tr("dead letter {n} was not replayed", n=draft.sequence))


def _line_of(text: str, error: str) -> int:
    """Return the line of the key that an error begins with, 0 where it is not there."""
    name = error.partition(":")[0].partition(" ")[0].partition(".")[0]
    spelled = name.replace("_", "_?")
    match = re.search(rf'"{spelled}"\s*:', text, re.IGNORECASE) if name.isidentifier() else None
    return text.count("\n", 0, match.start()) + 1 if match else 0
