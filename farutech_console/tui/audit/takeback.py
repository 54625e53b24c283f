"""Taking a change back: letters go, or come back; deliveries go on, or are held; a note returns."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from farutech_console.language import tr
from farutech_console.operations.audit.way_back import (
    NoteBefore,
    NoWayBackError,
    check_consumer,
    is_before,
    note_before,
    way_back,
)
from farutech_console.operations.units import age, count, duration
from farutech_console.tui.common.confirm import dialog_for
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.messages import RunRequested
from farutech_console.tui.common.patience import StoppedWaitingError, seen_through
from farutech_console.tui.common.pausing import ask_pause
from farutech_console.tui.common.spans import Line, Span, line
from farutech_console.tui.common.undo import ConfirmUndo, bring_back, labelled
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.audit.log import AuditEntry
    from farutech_console.operations.audit.way_back import Way
    from farutech_console.operations.model import QueueStatus
    from farutech_console.tui.common.room import Room
    from worker.model.state import ConsumerState

PAGE = 200
"""Changes that are read at once in search of a note from before."""


async def take_back(room: Room, entry: AuditEntry, status: QueueStatus | None) -> bool:
    """Take a change back after a preview; tell what came of it, or why it cannot be.

    Returns whether something may have changed.
    """
    try:
        way = way_back(entry)
        if way == "undo":
            return await bring_back(room, entry.id)
        if way == "purge":
            return await _purge_again(room, entry, status)
        if way == "note":
            return await _note_again(room, entry)
        consumer = status.consumer if status else None
        return await _deliver(room, entry, way, check_consumer(way, consumer))
    except NoWayBackError as error:
        room.notify(literal(str(error)), severity="warning", markup=False)
    except expected() as error:
        room.notify(literal(in_words(error)), severity="error", markup=False)
    return False


async def _purge_again(room: Room, entry: AuditEntry, status: QueueStatus | None) -> bool:
    """Purge the letters that an undo or an import brought back."""
    if room.running:
        told = tr("Another run is under way: wait for it to end.")
        room.notify(told, severity="warning", markup=False)
        return False
    try:
        plan = await seen_through(
            room,
            tr("Purge: its plan"),
            lambda tell: room.desk.backend.plan_purge_of_returned(entry, tell),
        )
    except StoppedWaitingError:
        return False
    dead = status.dead_letters if status else None
    dialog = dialog_for(plan, room.desk, dead.depth if dead else 0)
    confirmed = await room.app.push_screen_wait(dialog)
    if confirmed is not None:
        room.post_message(RunRequested(confirmed))
    return confirmed is not None


async def _deliver(room: Room, entry: AuditEntry, way: Way, consumer: ConsumerState) -> bool:
    """Have deliveries go on, or hold them again."""
    if way == "pause":
        return await ask_pause(room, consumer)
    question = tr("Resume {name}", name=literal(consumer.name, 40))
    lines = resume_lines(entry, consumer, room.desk.clock.now())
    asked = ConfirmUndo(room.desk, question, lines, "farutech-console resume")
    if not await room.app.push_screen_wait(asked):
        return False
    await room.desk.backend.resume()
    room.notify(tr("Deliveries go on."), markup=False)
    return True


def resume_lines(entry: AuditEntry, consumer: ConsumerState, now: datetime) -> list[Line]:
    """Return what resuming does to a pause."""
    left = duration(consumer.pause_remaining)
    return [
        labelled(tr("paused"), _who(entry, now)),
        labelled(tr("why"), literal(entry.why) or tr("nobody said")),
        labelled(tr("until"), tr("for another {left}", left=left)),
        labelled(tr("then"), tr("every worker pulls again; {n} wait", n=count(consumer.pending))),
    ]


async def _note_again(room: Room, entry: AuditEntry) -> bool:
    """Write the note from before the change again."""
    before = await _before(room, entry)
    lines = note_lines(before, entry, room.desk.clock.now())
    question = tr("Write the note from before") if before.text else tr("Take the note away")
    words = ["farutech-console", "dlq", "note", before.cause, before.text or "--delete"]
    asked = ConfirmUndo(room.desk, question, lines, shlex.join(words))
    if not await room.app.push_screen_wait(asked):
        return False
    await room.desk.backend.note(before.cause, before.text)
    told = tr("The note is as it was.") if before.text else tr("The note is gone.")
    room.notify(told, markup=False)
    return True


async def _before(room: Room, entry: AuditEntry) -> NoteBefore:
    """Look through the changes before a note for the one that it replaced."""
    backend = room.desk.backend
    now = (await backend.notes()).get(entry.about)
    place, older = entry.sequence, None
    while older is None:
        page = await backend.audit(PAGE, place)
        older = next((one for one in page.entries if is_before(one, entry)), None)
        if not page.more:
            break
        place = page.entries[-1].sequence
    return note_before(entry, older, now)


def note_lines(before: NoteBefore, entry: AuditEntry, now: datetime) -> list[Line]:
    """Return what a note is, and what it will be."""
    is_now = literal(before.now.text, 200) if before.now else tr("there is none")
    lines = [
        labelled(tr("cause"), literal(before.cause)),
        labelled(tr("written"), _who(entry, now)),
        labelled(tr("now"), is_now),
        labelled(tr("then"), literal(before.text, 200) or tr("no note")),
    ]
    if before.by_others and before.now is not None:
        told = tr("{who} wrote it since: it is replaced", who=literal(before.now.by))
        lines.append(line(Span(f"▲ {told}", "warn")))
    return lines


def _who(entry: AuditEntry, now: datetime) -> str:
    when = duration(age(entry.began_at, now))
    return tr("{age} ago by {who}", age=when, who=literal(entry.by))
