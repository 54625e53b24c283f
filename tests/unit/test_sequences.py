from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.model.sequences import InvalidSequencesError, compact, expand

sequences = st.lists(st.integers(min_value=1, max_value=300) | st.integers(1, 2**63 - 1))


@given(sequences)
def test_what_was_made_compact_is_read_again(given_: list[int]) -> None:
    assert expand(compact(given_), len(given_)) == sorted(set(given_))


def test_runs_are_written_as_ranges() -> None:
    assert compact([7, 3, 1, 2, 9, 10, 2]) == "1-3,7,9-10"
    assert compact([]) == ""


@pytest.mark.parametrize("text", ["x", "1-", "1,,2", "-3", "1-2-3", "1 2", "\u0661"])
def test_what_is_no_sequence_is_refused(text: str) -> None:
    with pytest.raises(InvalidSequencesError):
        expand(text, 100)


@pytest.mark.parametrize("text", ["1-9223372036854775807", "1-11", "1-6,8-12"])
def test_a_range_that_is_too_long_is_refused_before_it_is_made(text: str) -> None:
    with pytest.raises(InvalidSequencesError, match="more than"):
        expand(text, 10)
    assert len(expand("1-10", 10)) == 10
