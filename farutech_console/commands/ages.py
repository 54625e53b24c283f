"""How long ago something was, as commands tell it."""

from __future__ import annotations

from datetime import datetime, timedelta

import humanize

from farutech_console.operations.units import age


def long_ago(then: datetime, now: datetime) -> str:
    """Return it in words: `10 minutes ago`; never in the time to come, since clocks differ."""
    return humanize.naturaltime(timedelta(seconds=age(then, now)))
