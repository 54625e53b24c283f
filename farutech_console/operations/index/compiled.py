"""A filter as SQL over the index, where the index has all that the filter asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from farutech_console.operations.filter.keys import KEYS
from farutech_console.operations.filter.model import (
    And,
    Comparison,
    Expression,
    Filter,
    Moment,
    Not,
    Number,
    Or,
    Pattern,
    Range,
    Span,
    Value,
    Word,
)
from farutech_console.operations.filter.texts import Finds, contains, equals
from farutech_console.operations.index.schema import folded, microseconds, whole_number

_MICROSECOND = timedelta(microseconds=1)
_TIMES = {"age", "expires"}
_COLUMNS = {"seq": "seq", "attempts": "attempts", "replays": "replays", "died": "died"}


@dataclass(frozen=True, slots=True)
class Condition:
    """What follows `WHERE`, its parameters, and what the function `finds` looks for."""

    sql: str
    parameters: dict[str, object] = field(default_factory=dict)
    finds: tuple[Finds, ...] = ()


def covers(wanted: Filter) -> bool:
    """Return whether the index knows all that a filter asks of a letter."""
    return wanted.expression is None or _covered(wanted.expression)


def changes_with_time(wanted: Filter) -> bool:
    """Return whether a letter may match now and not in a while."""
    return wanted.expression is not None and _holds_a_time(wanted.expression)


def compiled(wanted: Filter, now: datetime, max_age: timedelta | None) -> Condition:
    """Return the condition of a filter that is covered, with ages as they are at `now`."""
    if wanted.expression is None:
        return Condition("1")
    compiler = _Compiler(microseconds(now), max_age)
    sql = compiler.sql(wanted.expression)
    return Condition(sql, compiler.parameters, tuple(compiler.finds))


def _covered(expression: Expression) -> bool:
    match expression:
        case Word():
            return False
        case Not(part):
            return _covered(part)
        case And(parts) | Or(parts):
            return all(map(_covered, parts))
        case Comparison(key):
            return key not in ("payload", "header")


def _holds_a_time(expression: Expression) -> bool:
    match expression:
        case Not(part):
            return _holds_a_time(part)
        case And(parts) | Or(parts):
            return any(map(_holds_a_time, parts))
        case Comparison(key):
            return key in _TIMES
        case Word():
            return False


class _Compiler:
    """Turns expressions into SQL. No column is NULL, so SQL's logic is Python's."""

    def __init__(self, now: int, max_age: timedelta | None) -> None:
        self._now = now
        self._max_age = None if max_age is None else max_age // _MICROSECOND
        self.parameters: dict[str, object] = {}
        self.finds: list[Finds] = []

    def sql(self, expression: Expression) -> str:
        """Return the condition of an expression."""
        match expression:
            case Not(part):
                return f"NOT ({self.sql(part)})"
            case And(parts):
                return " AND ".join(f"({self.sql(part)})" for part in parts)
            case Or(parts):
                return " OR ".join(f"({self.sql(part)})" for part in parts)
            case Comparison():
                return self._test(expression)
            case Word():
                raise ValueError(f"the index does not cover {expression}")

    def _test(self, test: Comparison) -> str:
        if KEYS[test.key].kind in ("text", "choice"):
            make = self._contains if test.operator == "~" else self._equals
            patterns = [value for value in test.values if isinstance(value, Pattern)]
            if test.key == "task":
                return _any(make("task", pattern) for pattern in patterns)
            found = _any(make("folded", pattern) for pattern in patterns)
            return f"{test.key} IN (SELECT id FROM texts WHERE {found})"
        return _any(self._holds(test.key, test.operator, value) for value in test.values)

    def _contains(self, column: str, pattern: Pattern) -> str:
        pieces = [piece for piece in pattern.pieces if piece]
        if len(pieces) == 1:
            return f"instr({column}, {self._bound(folded(pieces[0]))}) > 0"
        return self._found(column, contains(pattern))

    def _equals(self, column: str, pattern: Pattern) -> str:
        first, *rest = pattern.pieces
        if not rest:
            return f"{column} = {self._bound(folded(first))}"
        if rest == [""] and first:
            return f"instr({column}, {self._bound(folded(first))}) = 1"
        return self._found(column, equals(pattern))

    def _found(self, column: str, finds: Finds) -> str:
        self.finds.append(finds)
        return f"finds({len(self.finds) - 1}, {column})"

    def _holds(self, key: str, operator: str, value: Value) -> str:
        if isinstance(value, Range):
            bounds = (("<=", value.high), (">=", value.low))
            return " AND ".join(
                f"({self._holds(key, sign, bound)})" for sign, bound in bounds if bound is not None
            )
        if isinstance(value, Span):
            return self._time(key, operator, value.length // _MICROSECOND)
        if isinstance(value, Moment):
            return self._moment(_COLUMNS[key], operator, value)
        assert isinstance(value, Number)
        limit = self._bound(whole_number(int(value.value)))
        return f"{_COLUMNS[key]} {'=' if operator == ':' else operator} {limit}"

    def _time(self, key: str, operator: str, length: int) -> str:
        now, limit = self._bound(self._now), self._bound(length)
        if key == "age":
            return f"{now} - died {operator} {limit}"
        if self._max_age is None:
            return "0"
        return f"stored + {self._bound(self._max_age)} - {now} {operator} {limit}"

    def _moment(self, column: str, operator: str, moment: Moment) -> str:
        start, end = self._bound(microseconds(moment.start)), self._bound(microseconds(moment.end))
        if operator == ":":
            return f"{column} >= {start} AND {column} < {end}"
        if operator in ("<", ">="):
            return f"{column} {operator} {start}"
        return f"{column} {'<' if operator == '<=' else '>='} {end}"

    def _bound(self, value: object) -> str:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f":{name}"


def _any(conditions: Iterable[str]) -> str:
    return " OR ".join(f"({condition})" for condition in conditions)


Lookup = Callable[[int, bytes], bool]
"""The function `finds` of SQL."""


def lookup(condition: Condition) -> Lookup:
    """Return what tells whether a folded text is what a condition looks for."""

    def finds(which: int, text: bytes) -> bool:
        return condition.finds[which](text.decode("utf-8", "surrogatepass"))

    return finds
