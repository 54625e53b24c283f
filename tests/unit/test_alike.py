"""Outcomes of many letters to which the same happened are what a list of them would be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from farutech_console.operations.alike import Alike, kinds_of
from farutech_console.operations.model import Outcome

SEQUENCES = st.lists(st.integers(1, 99), unique=True).map(sorted)


@given(SEQUENCES, st.dictionaries(st.integers(1, 99), st.text()), st.slices(9))
def test_they_are_a_list_of_outcomes(
    sequences: list[int], task_ids: dict[int, str], some: slice
) -> None:
    made = [Outcome(n, task_ids.get(n, ""), "purged", "why") for n in sequences]
    alike = Alike(sequences, "purged", "why", task_ids)
    assert list(alike) == made
    assert len(alike) == len(made)
    assert list(alike[some]) == made[some]
    assert kinds_of(alike[some]) == kinds_of(made[some])
