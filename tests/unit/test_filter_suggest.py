"""Completion of a filter: what is offered, and that it is never wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farutech_console.operations.filter.keys import KEYS
from farutech_console.operations.filter.parser import parse_filter
from farutech_console.operations.filter.suggest import suggest
from tests.support.filters import FRAGMENTS

KNOWN = {
    "tenant": ["acme-1", "Acme, Inc.", "globex", 'the "x"'],
    "payload": ["plan", "db.host"],
    "payload.plan": ["gold", "silver"],
}


def completed(text: str, cursor: int | None = None) -> list[str]:
    """The text with each suggestion put in."""
    at = len(text) if cursor is None else cursor
    return [text[: one.start] + one.text for one in suggest(text, at, KNOWN)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("te", ["tenant:"]),
        ("x !te", ["x !tenant:"]),
        ("(te", ["(tenant:"]),
        ("er", ["error:~", "error_type:"]),
        ("tenant", ["tenant:", "tenant:~"]),
        ("age", ["age<", "age<=", "age>", "age>=", "age:"]),
        ("att", ["attempts>="]),
        ("tenant:A", ["tenant:acme-1", 'tenant:"Acme, Inc."']),
        ("tenant:acme-1,g", ["tenant:acme-1,globex"]),
        ('tenant:"acme, ', ['tenant:"Acme, Inc."']),
        ('tenant:"a b",th', ['tenant:"a b","the \\"x\\""']),
        ("reason:s", ["reason:stuck"]),
        ("age>1", ["age>15m", "age>1h", "age>1d"]),
        ("pay", ["payload."]),
        ("payload.", ["payload.plan:", "payload.db.host:"]),
        ("payload.pl", ["payload.plan:"]),
        ("payload.plan:", ["payload.plan:gold", "payload.plan:silver"]),
        ("tenant:x o", ["tenant:x or "]),
        ("no", ["not "]),
        ("tenat:a", []),
        ("nothing", []),
        ('"te', []),
    ],
)
def test_what_is_offered(text: str, expected: list[str]) -> None:
    assert completed(text) == expected


def test_nothing_typed_offers_every_key() -> None:
    assert len(completed("")) == len(KEYS)


def test_what_is_right_of_the_cursor_does_not_matter() -> None:
    assert completed("te error:~x", 2) == ["tenant:"]


@given(st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=8), st.integers(-2, 40))
def test_any_text_has_its_suggestions(parts: list[str], cursor: int) -> None:
    text = "".join(parts)
    for one in suggest(text, cursor, KNOWN):
        assert 0 <= one.start <= max(cursor, 0)


def test_every_value_that_is_offered_is_right() -> None:
    for text in ("tenant:", "tenant:~", "reason:", "age>", "payload.plan:", "!payload.plan:gold,"):
        offered = completed(text)
        assert offered
        for one in offered:
            assert parse_filter(one)
