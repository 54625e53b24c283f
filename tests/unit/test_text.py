from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.model.cells import width_of
from worker.model.text import literal, padded

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("plain Básico 北京", "plain Básico 北京"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("\x1b[31mred\x1b]0;title\x07", r"\x1b[31mred\x1b]0;title\x07"),
        ("nul\x00del\x7f", r"nul\x00del\x7f"),
        ("\x9b31m", r"\x9b31m"),
        ("evil\u202egpj.exe", r"evil\u202egpj.exe"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("lone\ud800", r"lone\ud800"),
        ("line\u2028para\u2029", r"line\u2028para\u2029"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("[/red][@click=app.quit]x[/]", "[/red][@click=app.quit]x[/]"),
        (r"a\nb", r"a\nb"),
    ],
)
def test_shows_what_is_there(hostile: str, shown: str) -> None:
    assert literal(hostile) == shown


@given(ANY_TEXT)
def test_nothing_is_left_that_a_terminal_obeys_or_hides(text: str) -> None:
    shown = literal(text)
    shown.encode("utf-8")
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in shown)
    assert len(shown.splitlines()) <= 1


@given(ANY_TEXT)
def test_twice_is_the_same_as_once(text: str) -> None:
    assert literal(literal(text)) == literal(text)


@given(ANY_TEXT, st.integers(0, 30))
def test_never_wider_than_asked(text: str, width: int) -> None:
    cut = literal(text, width)
    assert width_of(cut) <= width
    assert cut == literal(text) or cut.endswith("…") or width == 0
    assert width_of(padded(text, width)) == width


@pytest.mark.parametrize("char", ["x", "\x00", "\u0301", "北"])
def test_a_mebibyte_of_one_line_costs_no_more_than_its_width(char: str) -> None:
    began = time.thread_time()
    literal(char * 1024 * 1024, 80)
    assert time.thread_time() - began < 0.05


def test_cuts_between_characters_never_inside_an_escape() -> None:
    assert literal("abc\x1bdef", 5) == "abc…"
    assert literal("北京市", 4) == "北…"
