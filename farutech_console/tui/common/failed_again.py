"""Which dead letters a run left behind: those of tasks that were replayed and died again. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from farutech_console.operations.filter.model import (
    ALL,
    And,
    Comparison,
    Filter,
    Moment,
    Number,
    Pattern,
)

if TYPE_CHECKING:
    from farutech_console.tui.common.progress import Run

NAMED = 100
"""Tasks that are named; of more, it is all that were replayed and died since the run began."""


def failed_again(run: Run) -> Filter:
    """Return the filter that finds the letters of a run's tasks that died again; `ALL` for none."""
    dead = run.aftermath.dead()
    if not dead:
        return ALL
    again = Comparison("replays", "", ">", (Number(0),))
    if len(dead) > NAMED:
        since = Moment(run.began_at, timedelta(seconds=1))
        return Filter(And((again, Comparison("died", "", ">=", (since,)))))
    return Filter(Comparison("task", "", ":", tuple(Pattern((one,)) for one in dead)))
