r"""A look at a letter's bytes that tells, without reading them as JSON, that it cannot match.

What is looked for in a JSON string lies in the bytes as it is, save what an escape stands for. So
each text that a filter asks for has a longest part without any character that may be escaped, and
where that is not in the bytes the filter cannot match. Of bytes with a `\u` nothing is said, as
that may stand for any character.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from farutech_console.operations.filter.keys import KEYS
from farutech_console.operations.filter.letters import Letter
from farutech_console.operations.filter.model import (
    And,
    Comparison,
    Expression,
    Or,
    Pattern,
    Word,
)

Fragments = frozenset[str]
"""Texts of which the letter's bytes have to have one, whatever their case."""

_ESCAPABLE = re.compile(r'["\\/\x00-\x1f]')
_OF_NUMBERS = frozenset("0123456789.e+-")
_OF_WHOLES = frozenset("{…}")
_IN_STRINGS = frozenset({"tenant", "type", "module", "task", "worker", "reason", "error_type"})
"""Keys whose values are strings of the letter and nothing else: `error` may be our own words."""


def probe(expression: Expression) -> Callable[[Letter], bool] | None:
    """Return a function that tells whether a letter may match; None where all may.

    What it says no to does not match.
    """
    needed = _needed(expression)
    if not needed:
        return None
    in_headers = _has_words(expression)

    def may_match(letter: Letter) -> bool:
        body = letter.body
        if b"\\u" in body or b'"raw"' in body or (in_headers and letter.headers):
            return True
        text = body.decode("utf-8", "replace").casefold()
        for parts in needed:
            for part in parts:
                if part in text:
                    break
            else:
                return False
        return True

    return may_match


def _needed(expression: Expression) -> list[Fragments]:
    """Return what the bytes need to have for the expression to match: one of each."""
    match expression:
        case Word(text):
            return _one_of([_json_fragment(text)])
        case Comparison(key, _, ":" | "~", values):
            find = _json_fragment if KEYS[key].kind == "json" else _fragment
            if key not in _IN_STRINGS and KEYS[key].kind != "json":
                return []
            return _one_of([find(value) for value in values if isinstance(value, Pattern)])
        case And(parts):
            return [fragments for part in parts for fragments in _needed(part)]
        case Or(parts):
            each = [_needed(part) for part in parts]
            return [frozenset().union(*(needed[0] for needed in each))] if all(each) else []
        case _:
            return []


def _one_of(fragments: list[str]) -> list[Fragments]:
    return [frozenset(fragments)] if all(fragments) else []


def _fragment(pattern: Pattern) -> str:
    """Return the longest text that the bytes have as it is, empty where there is none."""
    parts = [part for piece in pattern.pieces for part in _ESCAPABLE.split(piece.casefold())]
    return max(parts, key=len)


def _json_fragment(pattern: Pattern) -> str:
    """Return the same of a value that need not be a string: numbers are compared as Python's."""
    longest = _fragment(pattern)
    characters = set(longest)
    return "" if characters <= _OF_NUMBERS or characters <= _OF_WHOLES else longest


def _has_words(expression: Expression) -> bool:
    match expression:
        case Word():
            return True
        case And(parts) | Or(parts):
            return any(_has_words(part) for part in parts)
        case _:
            return False
