"""The way back from a change of the audit, where there is one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from farutech_console.language import tr
from farutech_console.operations.actions import ACTIONS

if TYPE_CHECKING:
    from farutech_console.operations.audit.log import AuditEntry
    from farutech_console.operations.audit.notes import Note
    from worker.model.state import ConsumerState

Way = Literal["undo", "purge", "resume", "pause", "note"]
"""What takes a change back: the letters of a purge return, those that came back are purged,
deliveries go on, or are held again, the note from before is written again."""

_WAYS: dict[str, Way] = {
    "purge": "undo",
    "undo": "purge",
    "import": "purge",
    "pause": "resume",
    "resume": "pause",
    "note": "note",
}


class NoWayBackError(Exception):
    """There is nothing to take back; the text says why, and what can be done instead."""


@dataclass(frozen=True, slots=True)
class NoteBefore:
    """What taking back a note writes: `text` on `cause`, empty to have no note.

    `now` is the note there is, which is replaced; None where there is none. `by_others` is whether
    somebody wrote it after the change that is taken back.
    """

    cause: str
    text: str
    now: Note | None
    by_others: bool


def way_back(entry: AuditEntry) -> Way:
    """Return what takes a change back.

    Raises:
        NoWayBackError: nothing does, or it is not done here.
    """
    if entry.state == "failed" and not any(entry.outcomes.values()):
        raise NoWayBackError(tr("It failed: nothing was changed that could be taken back."))
    way = _WAYS.get(entry.action)
    if way is not None:
        return way
    action = next((each for name, each in ACTIONS.items() if name == entry.action), None)
    if action is None:
        raise NoWayBackError(tr("This console does not know what {what} is.", what=entry.action))
    if action.impact == "irreversible":
        raise NoWayBackError(tr("There is no way back: {why}.", why=tr(action.undone_by)))
    raise NoWayBackError(tr("The way back: {how}", how=tr(action.undone_by)))


def check_consumer(way: Way, consumer: ConsumerState | None) -> ConsumerState:
    """Return the consumer, where deliveries can be changed as the way back asks.

    Raises:
        NoWayBackError: it cannot be seen, or they already are as they were.
    """
    if consumer is None:
        raise NoWayBackError(tr("The consumer cannot be seen: nothing is changed."))
    if way == "resume" and not consumer.paused:
        raise NoWayBackError(tr("Deliveries go on already: the pause is over."))
    if way == "pause" and consumer.paused:
        raise NoWayBackError(tr("Deliveries are held already."))
    return consumer


def is_before(older: AuditEntry, entry: AuditEntry) -> bool:
    """Return whether an older change is of the same note."""
    return older.action == "note" and older.about == entry.about


def note_before(entry: AuditEntry, older: AuditEntry | None, now: Note | None) -> NoteBefore:
    """Return what taking back a note writes.

    `older` is the change of the same note before it, `now` the note there is.
    """
    text = older.details.get("text") if older else None
    by_others = now is not None and now.text != entry.details.get("text")
    return NoteBefore(entry.about, text if isinstance(text, str) else "", now, by_others)
