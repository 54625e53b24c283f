"""Tables of plain text, whatever lies in their cells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from worker.model.cells import width_of
from worker.table import table

CELLS = st.lists(st.tuples(st.text(max_size=60), st.text(max_size=60)), max_size=4)


def test_columns_line_up() -> None:
    assert table(("A", "B"), [("one", "1"), ("seventeen", "17")], 80).splitlines() == [
        "A          B",
        "one        1",
        "seventeen  17",
    ]


def test_long_cells_are_folded_and_rows_set_apart() -> None:
    shown = table(("A", "B"), [("x", "several words in one cell"), ("y", "z")], 18)
    assert shown.splitlines() == [
        "A  B",
        "",
        "x  several words",
        "   in one cell",
        "",
        "y  z",
    ]


@given(CELLS, st.integers(24, 100))
def test_never_wider_than_asked_and_nothing_that_a_terminal_obeys(
    rows: list[tuple[str, str]], width: int
) -> None:
    for line in table(("HEAD", "HEAD"), rows, width).splitlines():
        assert width_of(line) <= width
        assert "\x1b" not in line
