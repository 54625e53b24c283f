"""What may have been meant by a filter that finds nothing: parts of texts, not whole ones."""

from __future__ import annotations

from dataclasses import replace

from farutech_console.operations.filter.keys import KEYS
from farutech_console.operations.filter.model import (
    And,
    Comparison,
    Expression,
    Filter,
    Or,
    Pattern,
    Value,
)

_CUT = "…"
"""Ends a text that a table had no room for."""


def looser(wanted: Filter) -> Filter | None:
    """Return the filter with `:~` where it compares whole texts, None where it compares none.

    What stands behind a `!` stays as it is: there it would find less.
    """
    if wanted.expression is None:
        return None
    expression = _looser(wanted.expression)
    return None if expression == wanted.expression else Filter(expression)


def _looser(expression: Expression) -> Expression:
    if isinstance(expression, And | Or):
        return replace(expression, parts=tuple(map(_looser, expression.parts)))
    if isinstance(expression, Comparison) and _compares_whole_texts(expression):
        values = tuple(map(_without_cut, expression.values))
        return replace(expression, operator="~", values=values)
    return expression


def _compares_whole_texts(comparison: Comparison) -> bool:
    return (
        comparison.operator == ":"
        and KEYS[comparison.key].kind == "text"
        and all(isinstance(value, Pattern) and _is_whole(value) for value in comparison.values)
    )


def _is_whole(pattern: Pattern) -> bool:
    return len(pattern.pieces) == 1 and pattern.pieces[0].removesuffix(_CUT) != ""


def _without_cut(value: Value) -> Value:
    if isinstance(value, Pattern):
        return Pattern((value.pieces[0].removesuffix(_CUT),))
    return value
