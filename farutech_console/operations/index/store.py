"""The index itself: a temporary SQLite file that only this process can open."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from pydantic_core import from_json

from farutech_console.operations.causes.causes import Alike, cause_of
from farutech_console.operations.errors import OperationError
from farutech_console.operations.filter.model import Filter
from farutech_console.operations.index import schema
from farutech_console.operations.index.compiled import Condition, compiled, lookup
from farutech_console.operations.index.order import Order, SortKey
from farutech_console.operations.index.row import LetterRow
from worker.jetstream.dead_letters.lean import LeanLetter

T = TypeVar("T")

BUSY_WAIT_S = 0.005
"""How soon a writer looks again whether a query is over; it never blocks its event loop."""

AGAIN_S = 0.02
"""Seconds until a query is interrupted again that did not end."""

_SORTED_BY: Mapping[SortKey, str] = {
    "seq": "seq",
    "died": "died",
    "task": "task",
    "tenant": "tenant",
    "type": "type",
    "error": "error",
    "tries": "attempts",
    "replays": "replays",
    "expires": "stored",
}
_TEXTS = frozenset({"tenant", "type", "error"})
# One row comes back, whatever is asked: SQLite then works without Python's lock, and the thread
# that draws is not held up row by row.
_ROWS = """SELECT json_group_array(json_array(
    seq, died, stored, task_shown, tenant.shown, type.shown, error.shown,
    attempts, allowed, replays, readable))
  FROM letters
  JOIN texts tenant ON tenant.id = letters.tenant
  JOIN texts type ON type.id = letters.type
  JOIN texts error ON error.id = letters.error
  WHERE seq IN (SELECT value FROM json_each(?))"""


_ALIKE = """SELECT json_group_array(json_array(
    cause.shown, type.shown, error.shown, alike.letters, newest, first, last))
  FROM (
    SELECT cause, error_type, error, count(*) letters, max(seq) newest, min(died) first,
      max(died) last
    FROM (
      SELECT seq, died, cause, error_type, error FROM letters
      WHERE {condition} ORDER BY seq DESC LIMIT :most)
    GROUP BY cause, error_type, error) alike
  JOIN texts cause ON cause.id = alike.cause
  JOIN texts type ON type.id = alike.error_type
  JOIN texts error ON error.id = alike.error"""


class LetterIndexError(OperationError):
    """The index cannot be written or read: the disk is full, say."""


class Store:
    """Letters by sequence. Written from one event loop, read from any; one of them at a time."""

    def __init__(self) -> None:
        self._db = sqlite3.connect(
            schema.NAMELESS, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        for statement in (*schema.SETTINGS, *schema.TABLES):
            self._db.execute(statement)
        self._recorder = schema.Recorder()
        self._lock = threading.Lock()
        self._guard = threading.Lock()
        self._running: object = None
        self._pool = ThreadPoolExecutor(1, "index")
        self.max_age: timedelta | None = None
        self.count = 0

    def keep_for(self, seconds: float | None) -> None:
        """Say how long the server keeps letters, None for ever."""
        self.max_age = None if seconds is None else timedelta(seconds=seconds)

    async def clear(self) -> None:
        """Drop all letters."""

        def delete() -> None:
            self._db.execute("DELETE FROM letters")
            self.count = 0

        await self._write(delete)

    def close(self) -> None:
        """Throw the index away."""
        with self._guard:
            self._db.interrupt()
        self._pool.shutdown(cancel_futures=True)
        self._db.close()

    # Writing: by one event loop, which is not held up by a query

    async def add(self, letters: Sequence[LeanLetter]) -> None:
        """Keep these letters."""
        texts, rows = self._recorder.rows(letters)

        def insert() -> None:
            self._db.execute("BEGIN")
            self._db.executemany(schema.ADD_TEXT, texts)
            self._db.executemany(schema.ADD_LETTER, rows)
            self._db.execute("COMMIT")
            self.count += len(rows)

        await self._write(insert)

    async def remove(self, sequences: Iterable[int]) -> int:
        """Drop these letters; return how many there were."""
        asked = [(sequence,) for sequence in sequences]

        def delete() -> int:
            self._db.execute("BEGIN")
            sql = "DELETE FROM letters WHERE seq = ?"
            gone = max(self._db.executemany(sql, asked).rowcount, 0)
            self._db.execute("COMMIT")
            self.count -= gone
            return gone

        return await self._write(delete)

    async def remove_between(self, low: int, high: int) -> int:
        """Drop the letters of these sequences, both included; return how many there were."""

        def delete() -> int:
            sql = "DELETE FROM letters WHERE seq BETWEEN ? AND ?"
            gone = self._db.execute(sql, (low, high)).rowcount
            self.count -= gone
            return gone

        return await self._write(delete)

    async def _write(self, change: Callable[[], T]) -> T:
        while not self._lock.acquire(blocking=False):  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(BUSY_WAIT_S)
        try:
            return change()
        except sqlite3.Error as error:
            raise LetterIndexError(
                f"the index of dead letters cannot be written: {error}"
            ) from error
        finally:
            self._lock.release()

    # Reading: in a thread, from any event loop

    async def find(
        self, wanted: Filter, order: Order, now: datetime, low: int = 0, high: int = 2**62
    ) -> array[int]:
        """Return the sequences of the letters that match, in this order.

        Of sequences from `low` to `high`. Cancelling it ends the query at once.
        """
        return await self._read(partial(self._find, wanted, order, now, (low, high)))

    async def rows(self, sequences: Sequence[int]) -> dict[int, LetterRow]:
        """Return the rows of those of these letters that are there."""
        return await self._read(partial(self._rows, list(sequences)))

    async def alike(self, wanted: Filter, now: datetime, most: int) -> list[Alike]:
        """Return those of the newest `most` letters that match, by the error they died of."""
        return await self._read(partial(self._alike, wanted, now, most))

    async def sequences(self, low: int, high: int) -> array[int]:
        """Return the sequences there are from `low` to `high`, ascending."""
        sql = "SELECT group_concat(seq) FROM letters WHERE seq BETWEEN ? AND ?"
        return await self._read(
            lambda: array("q", sorted(_numbers(self._db.execute(sql, (low, high)))))
        )

    def _find(
        self, wanted: Filter, order: Order, now: datetime, between: tuple[int, int]
    ) -> array[int]:
        condition = self._condition(wanted, now)
        column, way = _SORTED_BY[order.key], "DESC" if order.descending else "ASC"
        join = ""
        if order.key in _TEXTS:
            join = f" JOIN texts sorting ON sorting.id = letters.{column}"
            column = "sorting.folded"
        by = f"{column} {way}" if column == "seq" else f"{column} {way}, seq DESC"
        sql = (
            f"SELECT group_concat(seq) FROM (SELECT seq FROM letters{join}"
            f" WHERE seq BETWEEN :low AND :high AND ({condition.sql}) ORDER BY {by})"
        )
        bound = {**condition.parameters, "low": between[0], "high": between[1]}
        return _numbers(self._db.execute(sql, bound))

    def _condition(self, wanted: Filter, now: datetime) -> Condition:
        condition = compiled(wanted, now, self.max_age)
        self._db.create_function("finds", 2, lookup(condition), deterministic=True)
        return condition

    def _alike(self, wanted: Filter, now: datetime, most: int) -> list[Alike]:
        condition = self._condition(wanted, now)
        bound = {**condition.parameters, "most": most}
        (text,) = self._db.execute(_ALIKE.format(condition=condition.sql), bound).fetchone()
        return [
            Alike(
                replace(cause_of(kind, error), key=key),
                error,
                letters,
                newest,
                schema.moment_of(first),
                schema.moment_of(last),
            )
            for key, kind, error, letters, newest, first, last in from_json(text)
        ]

    def _rows(self, sequences: list[int]) -> dict[int, LetterRow]:
        asked = f"[{','.join(map(str, sequences))}]"
        (text,) = self._db.execute(_ROWS, (asked,)).fetchone()
        found = (self._row(values) for values in from_json(text))
        return {row.sequence: row for row in found}

    def _row(self, values: list[Any]) -> LetterRow:
        seq, died, stored, task, tenant, kind, error, tries, allowed, replays, readable = values
        expires = schema.moment_of(stored) + self.max_age if self.max_age else None
        return LetterRow(
            seq,
            schema.moment_of(died),
            *(task, tenant, kind, error, tries, allowed, replays),
            expires,
            bool(readable),
        )

    async def _read(self, query: Callable[[], T]) -> T:
        token = object()
        asked = asyncio.get_running_loop().run_in_executor(self._pool, self._run, token, query)
        try:
            return await asked
        except asyncio.CancelledError:
            self._stop(token)
            raise
        except sqlite3.Error as error:
            raise LetterIndexError(f"the letters' index cannot be read: {error}") from error

    def _stop(self, token: object) -> None:
        """End a query, again and again: one that is about to begin is not interrupted."""
        with self._guard:
            if self._running is token:
                self._db.interrupt()
                asyncio.get_running_loop().call_later(AGAIN_S, self._stop, token)

    def _run(self, token: object, query: Callable[[], T]) -> T:
        with self._lock:
            with self._guard:
                self._running = token
            try:
                return query()
            finally:
                with self._guard:
                    self._running = None


def _numbers(cursor: sqlite3.Cursor) -> array[int]:
    (text,) = cursor.fetchone()
    return array("q", map(int, text.split(","))) if text else array("q")
