"""The failures that a screen shows in words; anything else is a fault of the console itself."""

from __future__ import annotations

from typing import Literal

from farutech_console.language.library import retold

Trouble = Literal["", "no_jetstream", "no_leader", "no_stream", "not_allowed"]
"""Failures that a screen has words of its own for."""


def expected() -> tuple[type[Exception], ...]:
    """Return the failures that the server, the way to it or a refusal cause.

    Looked up when something failed, so that the first paint does not wait for NATS to be imported.
    """
    from farutech_console.operations.errors import OperationError
    from worker.jetstream.errors import JetStreamError
    from worker.jetstream.topology.layout import NoQueueError

    return (JetStreamError, NoQueueError, OperationError)


def in_words(error: BaseException) -> str:
    """Return what an operator reads of it."""
    return retold(str(error)) or type(error).__name__


def kind_of(error: BaseException) -> Trouble:
    """Return which of those it is."""
    from worker.jetstream.errors import NoJetStreamError, NoLeaderError, NotAllowedError
    from worker.jetstream.topology.layout import NoQueueError

    if isinstance(error, NoJetStreamError):
        return "no_jetstream"
    if isinstance(error, NoLeaderError):
        return "no_leader"
    if isinstance(error, NoQueueError):
        return "no_stream"
    return "not_allowed" if isinstance(error, NotAllowedError) else ""
