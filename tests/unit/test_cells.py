"""Text in terminal cells, measured as the library that draws them measures."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from worker.model.cells import fit, fit_ends, head, width_of
from worker.model.text import literal

# Beyond lie ideographs, and what is hidden.
LAST = 0x20000
SHOWN = [
    character
    for character in map(chr, range(LAST))
    if literal(character) == character and unicodedata.category(character) != "Cn"
]
TEXT = st.text(st.sampled_from(SHOWN), max_size=40)


def test_each_character_takes_as_many_cells_as_the_console_draws_it_with() -> None:
    assert {one for one in SHOWN if width_of(one) != cell_len(one)} == set()


@given(TEXT)
def test_so_does_a_text(text: str) -> None:
    assert width_of(text) == cell_len(text)


@pytest.mark.parametrize("new", ["\U0001fae8", "\U0001fabf", "\U0001f6dc", "\U000323b0"])
def test_characters_newer_than_this_python_are_as_wide_as_their_neighbours(new: str) -> None:
    assert width_of(new) == 2


@given(TEXT, st.integers(0, 30), st.booleans())
def test_a_text_is_cut_or_padded_to_its_cells(text: str, width: int, right: bool) -> None:
    fitted = fit(text, width, right=right)
    assert width_of(fitted) == width
    if width_of(text) <= width:
        assert fitted.strip(" ") == text.strip(" ")
        assert fitted.endswith(text) if right else fitted.startswith(text)
    elif width:
        assert fitted.endswith("…")
        assert text.startswith(fitted[:-1].rstrip(" "))


@given(TEXT, st.integers(0, 30))
def test_a_head_is_as_long_as_fits(text: str, width: int) -> None:
    begun = head(text, width)
    assert text.startswith(begun)
    assert width_of(begun) <= width
    assert begun == text or width_of(text[: len(begun) + 1]) > width


@given(TEXT, st.integers(0, 30))
def test_a_name_that_is_cut_keeps_both_its_ends(text: str, width: int) -> None:
    fitted = fit_ends(text, width)
    assert width_of(fitted) == width
    if width_of(text) <= width or width < 3:
        assert fitted == fit(text, width)
        return
    cuts = (at for at, character in enumerate(fitted) if character == "…")
    assert any(
        text.startswith(fitted[:at]) and text.rstrip(" ").endswith(fitted[at + 1 :].rstrip(" "))
        for at in cuts
    )


def test_names_that_differ_at_their_ends_are_told_apart_where_they_are_cut() -> None:
    assert fit_ends("worker-7f9d8c6b54-abcde", 13) == "worker…-abcde"
    assert fit_ends("部署-7f9d8c6b54-部署", 9) == "部署…部署"
