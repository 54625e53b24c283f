"""Dead letters as rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from farutech_console.language import msg, tr, trn
from farutech_console.language.library import retold
from farutech_console.operations.filter.looser import looser
from farutech_console.operations.filter.model import Filter
from farutech_console.operations.index.order import NEWEST, SORT_KEYS, Order, SortKey
from farutech_console.operations.index.row import LetterRow
from farutech_console.operations.units import age, count, duration, plural, short_duration
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.spans import Line, Span, line
from farutech_console.tui.common.tablerows import Column
from farutech_console.tui.common.waiting import no_connection
from farutech_console.tui.dlq.indexed import IndexedLetters
from farutech_console.tui.dlq.letters import Letters
from farutech_console.tui.dlq.reader import Reader
from farutech_console.tui.dlq.selection import Selection
from worker.model.text import literal

NONE = "–"  # noqa: RUF001 - a glyph
ORDERS = (
    NEWEST,
    Order("seq", descending=False),
    Order("tries"),
    Order("replays"),
    Order("tenant", descending=False),
    Order("type", descending=False),
    Order("error", descending=False),
    Order("task", descending=False),
    Order("died", descending=False),
)
"""The orders that one key goes through."""

WIDE = 90
"""Columns from which ids and tenants are given more room."""

WIDER = 120
"""Columns from which the type is shown: the error needs the room before it."""

SOON = 3600.0
"""Seconds before a letter expires from which that is marked."""


SORTED_BY: Mapping[str, SortKey] = {"↻": "replays"}
"""Columns that are called otherwise than what they are sorted by."""


def columns(width: int, *, expiring: bool, order: Order = NEWEST) -> tuple[Column, ...]:
    """Return the columns that fit, the one they are sorted by marked; `expires` only if some do."""
    return tuple(_marked(column, order) for column in _columns(width, expiring=expiring))


def _marked(column: Column, order: Order) -> Column:
    """Return the column as it is called here, with a mark where the letters are in its order."""
    title = tr(column.title)
    if SORTED_BY.get(column.title, column.title) != order.key:
        return replace(column, title=title)
    return replace(column, title=f"{title}{'▼' if order.descending else '▲'}")


def next_order(order: Order) -> Order:
    """Return the order that comes after this one: newest, oldest, then column by column."""
    at = ORDERS.index(order) if order in ORDERS else -1
    return ORDERS[(at + 1) % len(ORDERS)]


def order_by(position: int, width: int, before: Order, *, expiring: bool) -> Order | None:
    """Return the order by the column at this position, the other way round where it is that now."""
    title = _columns(width, expiring=expiring)[position].title
    key = SORTED_BY.get(title, title)
    if key not in SORT_KEYS:
        return None
    return (
        replace(before, descending=not before.descending) if key == before.key else parse_order(key)
    )


def parse_order(text: str) -> Order:
    """Return the order in words: `tenant`, or `tries up`.

    Raises:
        ValueError: there is none of this name.
    """
    name, _, turned = text.strip().casefold().partition(" ")
    key = next((one for one in SORT_KEYS if one == name), None)
    if key is None or turned.strip() not in ("", "up", "down"):
        raise ValueError(tr("sort by one of {names}", names=", ".join(SORT_KEYS)))
    usual = key in ("seq", "died", "tries", "replays")
    return Order(key, descending=turned.strip() == "down" or (usual and turned.strip() != "up"))


def order_words(order: Order) -> str:
    """Return the order as the title tells it."""
    if order.key == "seq":
        return tr("newest first") if order.descending else tr("oldest first")
    way = "▼" if order.descending else "▲"
    return tr("by {key}", key=f"{order.key} {way}")


def _columns(width: int, *, expiring: bool) -> tuple[Column, ...]:
    wide = width >= WIDE
    kind = (Column(msg("type"), 11),) if width >= WIDER else ()
    lasting = (Column(msg("expires"), 7, right=True),) if expiring else ()
    return (
        Column(msg("seq"), 9 if wide else 7, right=True),
        Column(msg("died"), 6, right=True),
        Column(msg("task"), 13 if wide else 9),
        Column(msg("tenant"), 14 if wide else 11),
        *kind,
        Column(msg("error")),
        Column(msg("tries"), 5, right=True),
        Column("↻", 2, right=True),
        *lasting,
    )


def cells(row: LetterRow, now: datetime, width: int, *, expiring: bool) -> tuple[Span, ...]:
    """Return what the columns show of one letter."""
    kind = (Span(row.task_type or NONE),) if width >= WIDER else ()
    lasting = (_expires(row, now),) if expiring else ()
    allowed = f"/{row.allowed}" if row.allowed else ""
    return (
        Span(str(row.sequence), "muted"),
        Span(short_duration(age(row.died_at, now)), "plain"),
        Span(row.task_id or (tr("(none)") if row.readable else tr("«not a task»")), "plain"),
        Span(row.tenant_id or NONE),
        *kind,
        Span(row.error or NONE, "bad"),
        Span(f"{row.tries}{allowed}" if row.tries else NONE),
        Span(str(row.replays) if row.replays else "", "warn"),
        *lasting,
    )


def _expires(row: LetterRow, now: datetime) -> Span:
    if row.expires_at is None:
        return Span(tr("never"), "muted")
    left = (row.expires_at - now).total_seconds()
    return Span(
        f"{'▲' if left < SOON else ''}{short_duration(left)}", "warn" if left < SOON else "plain"
    )


class LetterRows:
    """The letters as the table asks for them."""

    def __init__(
        self, letters: Letters | IndexedLetters, now: datetime, width: int, *, expiring: bool
    ) -> None:
        self._letters, self._now, self._width, self._expiring = letters, now, width, expiring

    def __len__(self) -> int:
        """How many were read."""
        return len(self._letters)

    def key_at(self, index: int) -> int | None:
        """Return the sequence there."""
        return self._letters.sequence_at(index) if index < len(self._letters) else None

    def index_of(self, key: int) -> int:
        """Return where a sequence is."""
        return self._letters.index_of(key)

    def cells(self, index: int) -> tuple[Span, ...]:
        """Return the letter's columns; of one that is not there yet, that."""
        sequence = self._letters.sequence_at(index)
        row = None if sequence is None else self._letters.row(sequence)
        if row is None:
            known = "" if sequence is None else str(sequence)
            return Span(known, "muted"), Span("◌", "muted")
        return cells(row, self._now, self._width, expiring=self._expiring)


def title_line(
    reader: Reader, selection: Selection, above: int, *, failure: str = "", old: float = 0.0
) -> Line:
    """Return the line over the table: how many, how many are read, how many are marked.

    `failure` is why they could not be read again since they were, `old` seconds ago.
    """
    letters = reader.letters
    depth = f" · {count(letters.depth)}" if letters.asked else ""
    spans = [Span(f" {tr('Dead letters')}{depth}", "strong")]
    if failure and letters.asked:
        told = tr("data {age} old: {why}", age=duration(old), why=literal(failure))
        spans.append(Span(f"   ▲ {told}", "warn"))
    if reader.wanted:
        number = f"{count(len(letters))}{'+' if letters.is_partial else ''}"
        wanted = literal(str(reader.wanted), 60)
        told = tr("{n} with {filter}", n=number, filter=wanted)
        spans.append(Span(f"   {told}", "accent"))
        spans.append(Span(": " + tr("esc shows all"), "muted"))
    elif letters.more and len(letters):
        told = tr("{n} read, more as you scroll", n=count(len(letters)))
        spans.append(Span(f"   {told}", "muted"))
    if isinstance(letters, IndexedLetters):
        spans += _index_words(letters)
    if reader.order != NEWEST:
        spans.append(Span(f"   {order_words(reader.order)}", "accent"))
    if above:
        spans.append(Span(f"   ↑ {tr('{n} newer', n=count(above))}", "accent"))
    if selection:
        spans.append(Span(f"   ● {_words_marked(reader, selection)}", "accent"))
    return tuple(spans)


def _index_words(letters: IndexedLetters) -> Line:
    """Return how far the index is, where it does not hold all."""
    spans: list[Span] = []
    if letters.is_partial:
        indexed, depth = count(letters.indexed), count(letters.depth)
        told = tr("indexed {indexed} of {depth}", indexed=indexed, depth=depth)
        spans.append(Span(f"   ◌ {told}", "accent"))
    if letters.failure:
        why = literal(letters.failure, 60)
        spans.append(Span(f"   ▲ {tr('the index stands still: {why}', why=why)}", "warn"))
    return tuple(spans)


def _words_marked(reader: Reader, selection: Selection) -> str:
    letters = reader.letters
    if selection.up_to is None or not reader.wanted:
        number = selection.count(letters.depth)
        return trn("{n} marked", "{n} marked", number, n=count(number))
    known = count(selection.count(len(letters)))
    return tr("all {n} marked", n=f"{known}{'+' if letters.is_partial else ''}")


def _unread(live: Live) -> str:
    """Return why the poll told nothing of the letters, empty where it did or was not heard yet."""
    return retold(live.status.unread.get("dead_letters", "")) if live.status else live.failure


def _advice(wanted: Filter | None) -> list[Line]:
    if wanted is None:
        return []
    told = tr(
        "A value after : is the whole text; {filter} looks for a part of it.",
        filter=literal(str(wanted), 200),
    )
    return [line(Span(told, "muted"))]


def empty_lines(reader: Reader, live: Live, failure: str, now: datetime) -> list[Line]:
    """Return why the table is empty."""
    letters = reader.letters
    if why := failure or ("" if letters.asked or not live.link.connected else _unread(live)):
        told = tr("The dead letters cannot be read: {why}", why=literal(why))
        return [line(Span(f"▲ {told}", "warn"))]
    if not live.link.connected and not letters.asked:
        so = tr("There is no connection, so no dead letters can be read.")
        return no_connection(live, so, now)
    if not letters.asked:
        return [line(Span(f"◌ {tr('Reading…')}", "muted"))]
    if reader.wanted and letters.depth and letters.is_partial:
        depth = count(letters.depth)
        told = tr("None among those indexed so far is like that, of {depth}.", depth=depth)
        return [line(Span(f"◌ {told}", "muted"))]
    if reader.wanted and letters.depth:
        wanted = literal(str(reader.wanted), 200)
        lying = plural(letters.depth, "dead letter")
        return [
            line(tr("None of the {letters} is like {filter}", letters=lying, filter=wanted)),
            *_advice(looser(reader.wanted)),
            line(Span(tr("esc shows all, / changes the filter."), "muted")),
        ]
    tasks = plural(live.status.tasks if live.status else 0, "task")
    queued = tr("{tasks} in the queue. New letters appear here by themselves.", tasks=tasks)
    return [
        line(Span(f"● {tr('No dead letters')}", "ok"), ": " + tr("no failed task lies here now.")),
        line(Span(queued, "muted")),
    ]
