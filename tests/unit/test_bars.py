"""The line of rooms at the foot."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from farutech_console import language
from farutech_console.language import Language
from farutech_console.tui.common.bars import rooms_line
from farutech_console.tui.keys import ROOM_NAMES, Where


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    language.use("en")


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("room", ROOM_NAMES)
@pytest.mark.parametrize("figure", ["", "40", "1,234,567"])
def test_every_room_and_the_way_out_are_named_at_80_columns(
    lang: Language, room: Where, figure: str
) -> None:
    language.use(lang)
    shown = rooms_line(room, {"dlq": figure}, 80)
    assert shown.cell_length <= 80
    for key in "12345?q":
        assert f" {key} " in shown.plain
    assert figure in shown.plain


def test_names_are_whole_where_there_is_room() -> None:
    assert "3 Dead letters 40  4 Workers" in rooms_line("overview", {"dlq": "40"}, 80).plain
    assert "3 Dead letters 40 4 Workers" in rooms_line("overview", {"dlq": "40"}, 75).plain
    assert "3 Dead l… 40 4 Workers" in rooms_line("overview", {"dlq": "40"}, 70).plain
