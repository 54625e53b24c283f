"""Wrapped text is the text: nothing is lost, nothing is too wide, words stay whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farutech_console.tui.common.spans import Span, line, text_of
from farutech_console.tui.common.textview import wrapped
from worker.model.cells import width_of
from worker.model.wrapping import wrap

TEXTS = st.one_of(
    st.text(st.sampled_from("ab  \u4e2d\u6587\U0001f525e\u0301-/"), max_size=80),
    st.text(st.sampled_from("abcd   ./"), max_size=120),
)


@given(TEXTS, st.integers(2, 24))
def test_no_character_is_lost_and_no_line_is_too_wide(text: str, width: int) -> None:
    pieces = wrap(text, width)
    assert "".join(pieces) == text
    for piece in pieces:
        assert width_of(piece.removesuffix(" ")) <= width
    assert all(pieces) or not text


@given(st.lists(st.text("abcdefg/.:", min_size=1, max_size=9), max_size=20), st.integers(9, 30))
def test_a_word_that_fits_a_line_is_never_cut(words: list[str], width: int) -> None:
    pieces = wrap(" ".join(words), width)
    assert [word for piece in pieces for word in piece.split()] == words


@pytest.mark.parametrize(
    ("text", "width", "pieces"),
    [
        ("connection refused by 10.0.0.7", 12, ["connection ", "refused by ", "10.0.0.7"]),
        ("connection refused", 10, ["connection ", "refused"]),
        ("see /srv/app/provision.py", 10, ["see ", "/srv/app/p", "rovision.p", "y"]),
        ("    indented", 8, ["    inde", "nted"]),
        ("ab    cd", 3, ["ab ", "   ", "cd"]),
        ("\u9023\u7d50\u304c\u62d2\u5426", 5, ["\u9023\u7d50", "\u304c\u62d2", "\u5426"]),
        ("host \u9023\u7d50", 8, ["host \u9023", "\u7d50"]),
        ("fire \U0001f525 on db", 8, ["fire \U0001f525 ", "on db"]),
        ("", 5, [""]),
    ],
)
def test_it_breaks_between_words_and_beside_wide_characters(
    text: str, width: int, pieces: list[str]
) -> None:
    assert wrap(text, width) == pieces


def test_what_goes_on_stands_under_where_it_began() -> None:
    traceback = '    raise ConnectionError("the database does not answer")'
    assert [text_of(one) for one in wrapped(line(Span(traceback)), 40)] == [
        '    raise ConnectionError("the database ',
        '    does not answer")',
    ]
    labelled = line(Span("error      "), Span("the database does not answer"))
    assert [text_of(one) for one in wrapped(labelled, 30)] == [
        "error      the database does ",
        "           not answer",
    ]
