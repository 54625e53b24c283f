from __future__ import annotations

import pytest

from worker.model.trace_context import trace_context, trace_id, with_trace_context

ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{ID}-00f067aa0ba902b7-01"


@pytest.mark.parametrize("name", ["traceparent", "Traceparent"])
def test_it_is_found_in_either_spelling(name: str) -> None:
    assert trace_context({name: PARENT, "Tracestate": "a=1"}) == {
        "traceparent": PARENT,
        "tracestate": "a=1",
    }
    assert trace_id({name: PARENT}) == ID


def test_a_later_version_may_say_more() -> None:
    assert trace_id({"traceparent": f"01-{ID}-00f067aa0ba902b7-01-more"}) == ID


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        PARENT.upper(),
        f"ff-{ID}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{ID}-{'0' * 16}-01",
        PARENT + "\r\nX: y",
        PARENT + "\n",
        f"00-{ID}-00f067aa0ba902b7",
    ],
)
def test_what_is_none_is_not_passed_on(value: str) -> None:
    assert trace_context({"traceparent": value, "tracestate": "a=1"}) == {}
    assert trace_id({"traceparent": value}) == ""


def test_a_state_that_no_header_can_hold_stays_behind() -> None:
    assert trace_context({"traceparent": PARENT, "tracestate": "a\r\nb"}) == {"traceparent": PARENT}


def test_another_context_takes_the_place_of_the_old_one() -> None:
    headers = {"Traceparent": PARENT, "tracestate": "a=1", "Farutech-Replay-Count": "1"}
    assert with_trace_context(headers, {"traceparent": "new"}) == {
        "traceparent": "new",
        "Farutech-Replay-Count": "1",
    }
    assert trace_id({}) == ""
