"""Filters for property tests: texts that may say one, and filters themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from farutech_console.operations.filter.keys import KEYS
from farutech_console.operations.filter.model import (
    And,
    Comparison,
    Expression,
    Moment,
    Not,
    Number,
    Or,
    Pattern,
    Range,
    Scalar,
    Span,
    Value,
    Word,
)

FRAGMENTS = [
    *(f"{name}{sign}" for name in KEYS for sign in (":", ":~", "<", ">=", "!=")),
    *("payload.plan:", "header.x:~", "tenat:", "(", ")", "-", "!", "or", "and", "not", ",", " "),
    *('"', "\\", "*", "..", "2h", "1h30m", "5", "2026-11-24", "2026-11-24T02:41Z", "acme", "a*b"),
]
TEXTS = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=4), max_size=12).map("".join)

PIECES = st.text(max_size=5) | st.sampled_from(["or", "NOT", "tenant:x", "-x", '"', "\\", "a b"])
PATTERNS = st.lists(PIECES, min_size=1, max_size=3).map(lambda pieces: Pattern(tuple(pieces)))
NUMBERS = st.integers(-(10**17), 10**17).map(Number)
DECIMALS = st.integers(-(10**9), 10**9).map(lambda n: Number(n / 16) if n % 16 else Number(n))
SPANS = st.timedeltas(timedelta(0), timedelta(days=99_999)).map(Span)
MOMENTS = st.one_of(
    st.dates(datetime(1970, 1, 2).date()).map(
        lambda day: Moment(datetime(day.year, day.month, day.day, tzinfo=UTC), timedelta(days=1))
    ),
    st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1)).map(
        lambda at: Moment(at.replace(second=0, microsecond=0, tzinfo=UTC), timedelta(minutes=1))
    ),
    st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1)).map(
        lambda at: Moment(at.replace(tzinfo=UTC), timedelta(microseconds=1))
    ),
)
SCALARS: dict[str, st.SearchStrategy[Scalar]] = {
    "number": NUMBERS,
    "json": DECIMALS,
    "age": SPANS,
    "time": MOMENTS,
}


@st.composite
def ranges(draw: st.DrawFn, scalars: st.SearchStrategy[Scalar]) -> Range:
    ends = sorted((draw(scalars), draw(scalars)), key=_order)
    kept = draw(st.sampled_from([(True, True), (True, False), (False, True)]))
    return Range(ends[0] if kept[0] else None, ends[1] if kept[1] else None)


def _order(value: Scalar) -> float:
    if isinstance(value, Moment):
        return value.start.timestamp()
    return value.length.total_seconds() if isinstance(value, Span) else value.value


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    key = KEYS[draw(st.sampled_from(list(KEYS)))]
    operator = draw(st.sampled_from(key.operators))
    path = draw(st.sampled_from(["plan", "a.b", "x-y"])) if key.pathed else ""
    values: st.SearchStrategy[Value]
    if key.choices and operator == ":":
        values = st.sampled_from(key.choices).map(lambda choice: Pattern((choice,)))
    elif key.kind in ("text", "choice") or (key.kind == "json" and operator in (":", "~")):
        values = PATTERNS
    else:
        values = SCALARS[key.kind]
    if operator == ":" and key.kind in ("number", "age", "time"):
        values = ranges(SCALARS[key.kind]) if key.kind == "age" else values | ranges(values)  # type: ignore[arg-type]
    most = 3 if operator in (":", "~") else 1
    return Comparison(
        key.name, path, operator, tuple(draw(st.lists(values, min_size=1, max_size=most)))
    )


def parts(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return inner.map(Not) | several.map(And) | several.map(Or)


EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    comparisons() | PATTERNS.map(Word), parts, max_leaves=6
)
