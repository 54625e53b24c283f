"""Between which sequences the letters lie that a filter can match."""

from __future__ import annotations

import math

from farutech_console.operations.filter.model import (
    And,
    Comparison,
    Expression,
    Filter,
    Number,
    Range,
    Value,
)
from farutech_console.operations.filter.syntax import Operator

_Bounds = tuple[float, float]
_ANY: _Bounds = (-math.inf, math.inf)


def sequence_bounds(wanted: Filter) -> tuple[int | None, int | None]:
    """Return the lowest and the highest sequence that may match, None where there is no bound."""
    low, high = _bounds(wanted.expression)
    return (
        None if math.isinf(low) else math.ceil(low),
        None if math.isinf(high) else math.floor(high),
    )


def _bounds(expression: Expression | None) -> _Bounds:
    match expression:
        case And(parts):
            each = [_bounds(part) for part in parts]
            return max(low for low, _ in each), min(high for _, high in each)
        case Comparison("seq", _, operator, values):
            each = [_of_value(operator, value) for value in values]
            return min(low for low, _ in each), max(high for _, high in each)
        case _:
            return _ANY


def _of_value(operator: Operator, value: Value) -> _Bounds:
    if isinstance(value, Range):
        low = value.low.value if isinstance(value.low, Number) else -math.inf
        return low, value.high.value if isinstance(value.high, Number) else math.inf
    if not isinstance(value, Number):
        return _ANY
    found = value.value
    each: dict[str, _Bounds] = {
        ":": (found, found),
        ">": (found + 1, math.inf),
        ">=": (found, math.inf),
        "<": (-math.inf, found - 1),
        "<=": (-math.inf, found),
    }
    return each[operator]
