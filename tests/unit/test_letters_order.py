"""The letters that were read, shown in any order."""

from __future__ import annotations

import pytest

from farutech_console.operations.index.order import NEWEST, SORT_KEYS, Order, SortKey
from farutech_console.operations.model import Page
from farutech_console.tui.dlq.letters import Letters
from tests.console.fixed_letters import some_letters


def _letters(order: Order) -> Letters:
    letters = Letters(order)
    found = some_letters(12)
    letters.take_newest(Page(tuple(found[:5]), 12, more=True))
    letters.take_older(Page(tuple(found[5:]), 12, more=False))
    return letters


def _shown(letters: Letters) -> list[int]:
    return [letters.sequence_at(index) for index in range(len(letters))]


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("key", SORT_KEYS)
def test_every_order_has_every_letter_once_and_ends_where_the_other_begins(
    key: SortKey, descending: bool
) -> None:
    letters = _letters(Order(key, descending))
    shown = _shown(letters)
    assert sorted(shown, reverse=True) == _shown(_letters(NEWEST))
    assert [letters.index_of(sequence) for sequence in shown] == list(range(12))


def test_letters_are_sorted_by_what_a_column_shows_those_alike_newest_first() -> None:
    letters = _letters(Order("tenant", descending=False))
    shown = [letters.row(sequence) for sequence in _shown(letters)]
    ranks = [(row.tenant_id.casefold(), -row.sequence) for row in shown]
    assert ranks == sorted(ranks)
    letters.arrange(NEWEST)
    assert _shown(letters) == sorted(letters.sequences, reverse=True)
