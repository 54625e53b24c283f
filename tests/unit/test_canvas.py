"""A chart takes all rows there are, and its labels stand where their values are drawn."""

from __future__ import annotations

import pytest

from farutech_console.tui.common.canvas import Curve, plot
from farutech_console.tui.common.spans import text_of


@pytest.mark.parametrize("height", range(4, 30))
def test_a_chart_fills_its_frame_and_half_the_value_is_where_its_label_says(height: int) -> None:
    half = Curve("half", [(float(at), 5.0) for at in range(-120, 1)])

    lines = [text_of(line) for line in plot([half], 60, height, 120.0, 10.0)]

    assert len(lines) == height
    assert lines[-1].lstrip().startswith("└")
    (labelled,) = (line for line in lines if line.startswith("    5 ┤"))
    drawn = [line for line in lines[:-1] if line[7:].strip()]
    assert drawn == [labelled]
