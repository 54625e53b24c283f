"""Dead letters into files and back: an export can be imported any number of times."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, Literal

from farutech_console.operations.audit.recording import Change, audited
from farutech_console.operations.changes.archive import ensure_archive
from farutech_console.operations.changes.tools import mover
from farutech_console.operations.files.lines import (
    CSV_COLUMNS,
    LONGEST_LINE,
    InvalidLineError,
    Line,
    csv_row,
    from_line,
    to_line,
)
from farutech_console.operations.letters.browse import read_selection
from farutech_console.operations.letters.records import letter_record
from farutech_console.operations.letters.selection import ScanProgress, Selection, no_progress
from farutech_console.operations.model import Outcome
from farutech_console.operations.pace.control import never
from farutech_console.operations.queue import Queue
from worker.jetstream.errors import PayloadTooLargeError
from worker.jetstream.moves.archive import Purpose
from worker.jetstream.moves.moves import Origin, always, return_letters
from worker.jetstream.moves.purges_parts import COPIES_AT_ONCE, PurgeParts
from worker.jetstream.moves.returns import CAME_BACK
from worker.jetstream.moves.returns_facts import returned_before
from worker.jetstream.replays.claims import Author
from worker.model.clock import format_rfc3339
from worker.model.dead_letter import read_dead_letter

Format = Literal["jsonl", "csv"]
AT_ONCE = 1000
"""Lines that are read, and letters that are imported, at once."""
MOST_WRONG = 20
"""Wrong lines that a plan names."""
STILL_THERE = "it lies among the dead letters"
LEFT = (
    "it left this stream after the export: replayed, or purged for good. "
    "--even-if-gone imports it all the same"
)
TWICE = "the file has it twice"


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What a file holds: so many letters, and lines that are none, the first of which are named.

    `digest` is the SHA-256 of the file. `even_if_gone` imports letters that left this very stream.
    """

    name: str
    digest: str
    count: int
    wrong: int
    first_wrong: tuple[tuple[int, str], ...]
    target: str
    even_if_gone: bool


async def export_letters(
    queue: Queue,
    selection: Selection,
    form: Format,
    progress: Callable[[ScanProgress], None] = no_progress,
) -> AsyncGenerator[bytes, None]:
    """Yield the lines of the letters of a selection, some at a time."""
    layout = await queue.layout()
    if form == "csv":
        yield csv_row(CSV_COLUMNS)
    async with aclosing(read_selection(queue, selection, progress)) as pages:
        async for page in pages:
            if form == "csv":
                records = [letter_record(letter) for letter in page]
                yield b"".join(csv_row([row[name] for name in CSV_COLUMNS]) for row in records)
                continue
            yield b"".join(
                to_line(
                    letter,
                    layout.dlq_generation,
                    {
                        "stream": layout.dead_letters.name,
                        "subject": queue.names.dlq,
                        "stored_at": format_rfc3339(letter.stored_at),
                    },
                )
                for letter in page
            )


async def plan_import(
    queue: Queue, file: BinaryIO, name: str, *, even_if_gone: bool = False
) -> ImportPlan:
    """Read a file to the end, and say what is in it; nothing is changed."""
    layout = await queue.fresh_layout()
    file.seek(0)
    digest = hashlib.sha256()
    count = number = 0
    wrong: list[tuple[int, str]] = []
    while True:
        lines, bad, number = await asyncio.to_thread(_read, file, number, digest.update)
        if lines is None:
            break
        count += len(lines)
        wrong += bad
    return ImportPlan(
        name=name,
        digest=digest.hexdigest(),
        count=count,
        wrong=len(wrong),
        first_wrong=tuple(wrong[:MOST_WRONG]),
        target=layout.dead_letters.name,
        even_if_gone=even_if_gone,
    )


def import_record(plan: ImportPlan) -> dict[str, Any]:
    """Return a plan as `dlq import --dry-run --json` prints it."""
    return {
        "plan": "import",
        "file": plan.name,
        "sha256": plan.digest,
        "count": plan.count,
        "wrong": plan.wrong,
        "first_wrong": [{"line": number, "why": why} for number, why in plan.first_wrong],
        "target": plan.target,
        "even_if_gone": plan.even_if_gone,
    }


async def import_letters(
    queue: Queue,
    file: BinaryIO,
    plan: ImportPlan,
    *,
    stop: Callable[[], bool] = never,
    why: str = "",
) -> AsyncGenerator[Outcome, None]:
    """Have the letters of a file lie among the dead letters, each once; yields what became of each.

    A letter is known by the sequence that it had where it was exported. Once it came back, by an
    import or an undo, no other brings it back, whatever became of it. Lines that are no letter
    fail, and the others go on.

    Raises:
        ReadOnlyError: the console may not change anything.
        AuditError, ArchiveError: nothing was changed.
        JetStreamError: the server was away for too long. What is under way is finished by whoever
            replays, purges or imports next.
    """
    queue.guard("import")
    layout = await queue.fresh_layout()
    change = Change(
        action="import",
        about=layout.dead_letters.name,
        command=f"farutech-console dlq import {plan.name}",
        why=why,
        count=plan.count,
        details={"file": plan.name, "sha256": plan.digest},
    )
    async with audited(queue, change) as tally:
        await ensure_archive(queue, layout)
        parts = mover(queue, layout)
        importer = _Importer(parts, Author(queue.operator, tally.id), why, plan)
        file.seek(0)
        number = 0
        while not stop():
            lines, wrong, number = await asyncio.to_thread(_read, file, number, _ignore)
            if lines is None:
                break
            outcomes = [Outcome(0, "", "failed", f"line {at}: {what}") for at, what in wrong]
            outcomes += await importer.take(lines)
            for outcome in outcomes:
                tally.count(outcome.outcome, outcome.sequence, outcome.detail)
                yield outcome
        tally.stopped = tally.counts.total() < plan.count + plan.wrong


class _Importer:
    def __init__(self, parts: PurgeParts, author: Author, why: str, plan: ImportPlan) -> None:
        self._parts = parts
        self._author = author
        self._purpose = Purpose(author.run, author.by, why)
        self._even_if_gone = plan.even_if_gone

    async def take(self, lines: Sequence[Line]) -> list[Outcome]:
        """Import some letters; return what became of each."""
        outcomes: list[Outcome] = []
        lives: dict[str, dict[int, Line]] = defaultdict(dict)
        for line in lines:
            if line.sequence in lives[line.generation]:
                outcomes.append(_outcome(line, "already", TWICE))
            else:
                lives[line.generation][line.sequence] = line
        for generation, letters in lives.items():
            outcomes += await self._of_one_life(generation, letters)
        return outcomes

    async def _of_one_life(self, generation: str, letters: dict[int, Line]) -> list[Outcome]:
        parts = self._parts
        back = await returned_before(parts, generation)
        outcomes = [
            _outcome(letters.pop(sequence), "already", CAME_BACK)
            for sequence in back.intersection(letters)
        ]
        if generation == parts.layout.dlq_generation:
            outcomes += await self._leave_ours(letters)
        runs, failed = await self._archived(generation, letters)
        outcomes += failed
        for run, sequences in runs.items():
            origin = Origin(generation, run)
            moving = return_letters(parts, self._author, origin, sequences, always)
            async with aclosing(moving):
                outcomes += [Outcome(*done) async for part in moving for done in part]
        return outcomes

    async def _leave_ours(self, letters: dict[int, Line]) -> list[Outcome]:
        """Take out the letters that lie in this stream, and those that left it."""
        parts = self._parts
        there = await parts.patience.repeat(lambda: parts.letters.these(list(letters)))
        outcomes = [_outcome(letters.pop(n), "already", STILL_THERE) for n in there]
        if self._even_if_gone:
            return outcomes
        generation = parts.layout.dlq_generation
        for sequence in list(letters):
            key = f"{generation}-{sequence}"
            copy = await parts.patience.repeat(partial(parts.archive.copy, key))
            if copy is None:
                outcomes.append(_outcome(letters.pop(sequence), "already", LEFT))
        return outcomes

    async def _archived(
        self, generation: str, letters: dict[int, Line]
    ) -> tuple[dict[str, list[int]], list[Outcome]]:
        """Put copies of the letters into the archive; return them by the run that made them."""
        runs: dict[str, list[int]] = defaultdict(list)
        failed: list[Outcome] = []

        async def add(line: Line) -> None:
            key = f"{generation}-{line.sequence}"
            archive = self._parts.archive
            try:
                run = await self._parts.patience.repeat(
                    lambda: archive.add(key, line, self._purpose)
                )
            except PayloadTooLargeError as error:
                failed.append(_outcome(line, "failed", str(error)))
            else:
                runs[run].append(line.sequence)

        waiting = list(letters.values())
        for start in range(0, len(waiting), COPIES_AT_ONCE):
            await asyncio.gather(*map(add, waiting[start : start + COPIES_AT_ONCE]))
        return runs, failed


def _outcome(line: Line, kind: Literal["already", "failed"], detail: str) -> Outcome:
    letter, _ = read_dead_letter(line.body)
    return Outcome(line.sequence, letter.task.task_id if letter else "", kind, detail)


def _read(
    file: BinaryIO, number: int, seen: Callable[[bytes], object]
) -> tuple[list[Line] | None, list[tuple[int, str]], int]:
    """Read some lines after line `number`; None at the end, else letters, and what is none."""
    found: list[Line] = []
    wrong: list[tuple[int, str]] = []
    while len(found) + len(wrong) < AT_ONCE:
        line = file.readline(LONGEST_LINE + 2)
        if not line:
            return (found, wrong, number) if found or wrong else (None, [], number)
        seen(line)
        number += 1
        if not line.strip():
            continue
        try:
            found.append(from_line(line.rstrip(b"\r\n")))
        except InvalidLineError as error:
            wrong.append((number, str(error)))
    return found, wrong, number


def _ignore(_line: bytes) -> None:
    """The file was read before."""
