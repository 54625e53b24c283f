"""Waiting for what a test expects, no longer than a deadline."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable

POLL_S = 0.01


async def eventually(condition: Callable[[], object], within: float = 10.0) -> None:
    """Wait until `condition`, which may be async, returns something true.

    Raises:
        AssertionError: it did not within `within` seconds; the message has the last it returned.
    """
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s, the last was {value!r}")
        await asyncio.sleep(POLL_S)
