"""The failures that a screen shows in words; anything else is a fault of the console itself."""

from __future__ import annotations

from worker.jetstream.errors import JetStreamError

EXPECTED = (JetStreamError,)


def in_words(error: BaseException) -> str:
    """Return what an operator reads of it."""
    return str(error) or type(error).__name__
