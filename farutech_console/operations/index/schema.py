"""How letters lie in the index: short rows of numbers, and each text once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from farutech_console.operations.causes.causes import cause_of
from farutech_console.operations.index.row import TEXT
from worker.jetstream.dead_letters.lean import LeanLetter
from worker.model.text import literal

# A database without a name is a temporary file of SQLite's: made with mode 0600, its name taken
# away at once, so that it is gone with the process, however that ends.
NAMELESS = ""

SETTINGS = (
    "PRAGMA page_size = 16384",
    "PRAGMA cache_size = -24576",
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
)
TABLES = (
    # Texts are BLOBs, folded: SQLite then compares bytes, whatever is in them.
    "CREATE TABLE texts (id INTEGER PRIMARY KEY, folded BLOB NOT NULL, shown TEXT NOT NULL)",
    """CREATE TABLE letters (
        seq INTEGER PRIMARY KEY, died INTEGER NOT NULL, stored INTEGER NOT NULL,
        task BLOB NOT NULL, task_shown TEXT NOT NULL,
        tenant INTEGER NOT NULL, type INTEGER NOT NULL, module INTEGER NOT NULL,
        error INTEGER NOT NULL, error_type INTEGER NOT NULL, reason INTEGER NOT NULL,
        worker INTEGER NOT NULL, cause INTEGER NOT NULL,
        attempts INTEGER NOT NULL, replays INTEGER NOT NULL, allowed INTEGER,
        readable INTEGER NOT NULL)""",
)
ADD_TEXT = "INSERT INTO texts VALUES (?, ?, ?)"
ADD_LETTER = f"INSERT OR REPLACE INTO letters VALUES ({', '.join('?' * 17)})"

MOST_KNOWN = 50_000
"""Texts that are remembered to lie there; one that is forgotten is stored again."""

_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST = 2**63 - 1


def microseconds(moment: datetime) -> int:
    """Return a time as the index holds it."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(value: int) -> datetime:
    """Return the time that the index holds."""
    return _EPOCH + timedelta(microseconds=value)


def folded(text: str) -> bytes:
    """Return a text as the index compares it."""
    return text.casefold().encode("utf-8", "surrogatepass")


def whole_number(value: int) -> int:
    """Return a number that SQLite holds; no filter names one that is nearly as large."""
    return max(-_MOST, min(value, _MOST))


class Recorder:
    """Turns letters into rows. Each text is stored once, as long as it is remembered."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._next = 1

    def rows(
        self, letters: Iterable[LeanLetter]
    ) -> tuple[Sequence[tuple[Any, ...]], Sequence[tuple[Any, ...]]]:
        """Return the texts that are new, and the letters."""
        texts: list[tuple[Any, ...]] = []
        if len(self._ids) > MOST_KNOWN:
            self._ids.clear()
        return texts, [self._row(letter, texts) for letter in letters]

    def _row(self, letter: LeanLetter, texts: list[tuple[Any, ...]]) -> tuple[Any, ...]:
        error, error_type, task_id = letter.error, letter.error_type, letter.task_id
        value, allowed = letter.value, letter.fields.task.get("max_retries")
        return (
            letter.sequence,
            microseconds(letter.died_at),
            microseconds(letter.stored_at),
            folded(task_id),
            literal(task_id, TEXT),
            self._id(letter.tenant_id, texts),
            self._id(letter.task_type, texts),
            self._id(letter.module_id, texts),
            self._id(error, texts),
            self._id(error_type, texts),
            self._id(letter.reason, texts),
            self._id(letter.worker_id, texts),
            self._id(cause_of(error_type, error).key, texts),
            whole_number(letter.attempts),
            whole_number(letter.replays),
            None if allowed is None else whole_number(allowed),
            value is not None and value.get("raw") is None,
        )

    def _id(self, text: str, texts: list[tuple[Any, ...]]) -> int:
        known = self._ids.get(text)
        if known is None:
            known = self._ids[text] = self._next
            self._next += 1
            texts.append((known, folded(text), literal(text, TEXT)))
        return known
