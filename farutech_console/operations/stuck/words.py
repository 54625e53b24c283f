"""Stuck tasks in words, for a screen: how many, and how that is known. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.language import tr, trn
from farutech_console.operations.units import count

if TYPE_CHECKING:
    from farutech_console.operations.stuck.view import StuckView


def stuck_words(seen: StuckView) -> str:
    """Return how many tasks are stuck and how that is known, and what is not known of them."""
    found = seen.found
    least, most = found.tally.least, found.tally.most
    if not most:
        return tr("No task is stuck: {why}.", why=tr(found.told))
    if least == most:
        many = trn("{n} task is stuck", "{n} tasks are stuck", most, n=count(most))
    else:
        many = tr("{least} to {most} tasks are stuck", least=count(least), most=count(most))
    parts = [f"{many}: {tr(found.told)}."]
    if found.unknown:
        parts.append(
            tr(
                "Of {n} it is not known which: those that may be are in flight or in backoff else.",
                n=count(found.unknown),
            )
        )
    if found.more:
        parts.append(tr("There are more that may be."))
    return " ".join(parts)
