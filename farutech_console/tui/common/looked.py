"""How old is what a room looked up for itself, and why where it is old. Pure."""

from __future__ import annotations

from farutech_console.tui.common.spans import Span
from worker.model.text import literal


def looked(told: str, failure: str, *, stale: bool) -> Span:
    """Return the age of what is shown, `told` in words; marked where newer should be there.

    `failure` is why the last look brought nothing, empty where it did, or where there is no
    connection to look through: the header tells of that.
    """
    if failure:
        return Span(f"   ▲ {told}: {literal(failure)}", "warn")
    return Span(f"   ▲ {told}", "warn") if stale else Span(f"   {told}", "muted")
