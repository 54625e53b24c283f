"""Whether a letter is as a filter asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter, ge, gt, le, lt
from typing import Any

from farutech_console.operations.causes.causes import cause_of
from farutech_console.operations.filter.keys import KEYS, Key
from farutech_console.operations.filter.letters import Letter
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
from farutech_console.operations.filter.probe import probe
from farutech_console.operations.filter.texts import (
    Finds,
    as_text,
    at_path,
    contains,
    equals,
    everything,
)

Matches = Callable[[Letter], bool]
"""Whether a letter matches."""

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


def predicate(wanted: Filter, now: datetime) -> Matches:
    """Return a function that tells whether a letter matches, with ages as they are at `now`."""
    if wanted.expression is None:
        return lambda _letter: True
    matches = _Compiler(now).matches(wanted.expression)
    may_match = probe(wanted.expression)
    if may_match is None:
        return matches
    return lambda letter: may_match(letter) and matches(letter)


class _Compiler:
    """Turns expressions into functions."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def matches(self, expression: Expression) -> Matches:
        """Return the function of an expression."""
        match expression:
            case Not(part):
                inner = self.matches(part)
                return lambda letter: not inner(letter)
            case And(parts):
                needed = [self.matches(part) for part in sorted(parts, key=_cost)]
                return lambda letter: all(matches(letter) for matches in needed)
            case Or(parts):
                enough = [self.matches(part) for part in sorted(parts, key=_cost)]
                return lambda letter: any(matches(letter) for matches in enough)
            case Word(text):
                finds = contains(text)
                return lambda letter: any(map(finds, everything(letter)))
            case Comparison():
                return self._test(expression)

    def _test(self, test: Comparison) -> Matches:
        key = KEYS[test.key]
        if key.name == "payload":
            return self._payload(test)
        if key.name == "header":
            return _header(test)
        if key.kind in ("text", "choice"):
            read, finds = _reader(key), _any_text(test)
            return lambda letter: finds(read(letter))
        return self._compared(key, test)

    def _payload(self, test: Comparison) -> Matches:
        path = test.path
        if test.operator in (":", "~"):
            finds = _any_text(test)
            return lambda letter: any(
                finds(as_text(value)) for value in at_path(letter.payload, path) or [None]
            )
        compare, limit = _COMPARE[test.operator], _number(test.values[0])
        return lambda letter: any(
            compare(value, limit) for value in at_path(letter.payload, path) if _is_number(value)
        )

    def _compared(self, key: Key, test: Comparison) -> Matches:
        read = _reader(key)
        holds = [self._holds(key, test.operator, value) for value in test.values]

        def compared(letter: Letter) -> bool:
            value = read(letter)
            return value is not None and any(held(value) for held in holds)

        return compared

    def _holds(self, key: Key, operator: str, value: Value) -> Callable[[Any], bool]:
        if isinstance(value, Range):
            bounds: list[Callable[[Any], bool]] = []
            if value.low is not None:
                bounds.append(self._holds(key, ">=", value.low))
            if value.high is not None:
                bounds.append(self._holds(key, "<=", value.high))
            return lambda found: all(holds(found) for holds in bounds)
        if isinstance(value, Span):
            now, length, compare = self._now, value.length, _COMPARE[operator]
            if key.name == "age":
                return lambda found: compare(now - found, length)
            return lambda found: compare(found - now, length)
        if isinstance(value, Moment):
            return _moment_holds(operator, value)
        limit = _number(value)
        if operator == ":":
            return lambda found: bool(found == limit)
        compare = _COMPARE[operator]
        return lambda found: compare(found, limit)


def _moment_holds(operator: str, moment: Moment) -> Callable[[datetime], bool]:
    """Compare with all of a day, where a day was said: what is after it begins with the next."""
    start, end = moment.start, moment.end
    if operator == ":":
        return lambda found: start <= found < end
    if operator in ("<", ">="):
        compare = _COMPARE[operator]
        return lambda found: compare(found, start)
    if operator == "<=":
        return lambda found: found < end
    return lambda found: found >= end


def _header(test: Comparison) -> Matches:
    finds, name = _any_text(test), test.path.lower()

    def matches(letter: Letter) -> bool:
        values = [value for key, value in letter.headers.items() if key.lower() == name]
        return any(map(finds, values or [""]))

    return matches


def _any_text(test: Comparison) -> Finds:
    make = contains if test.operator == "~" else equals
    finds = [make(value) for value in test.values if isinstance(value, Pattern)]
    if len(finds) == 1:
        return finds[0]
    return lambda text: any(found(text) for found in finds)


def _reader(key: Key) -> Callable[[Letter], Any]:
    if key.name == "cause":
        return lambda letter: cause_of(letter.error_type, letter.error).key
    return attrgetter(key.attribute)


def _number(value: Value) -> int | float:
    assert isinstance(value, Number)
    return value.value


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _cost(part: Expression) -> int:
    """Return a rank: what is cheap to know comes first."""
    match part:
        case Comparison(key="seq"):
            return 0
        case Comparison(key="header"):
            return 1
        case Comparison():
            return 2
        case Word():
            return 4
        case _:
            return 3
