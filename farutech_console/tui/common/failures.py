"""The failures that a screen shows in words; anything else is a fault of the console itself."""

from __future__ import annotations


def expected() -> tuple[type[Exception], ...]:
    """Return the failures that the server, the way to it or a refusal cause.

    Looked up when something failed, so that the first paint does not wait for NATS to be imported.
    """
    from farutech_console.operations.errors import OperationError
    from worker.jetstream.errors import JetStreamError
    from worker.jetstream.topology import NoQueueError

    return (JetStreamError, NoQueueError, OperationError)


def in_words(error: BaseException) -> str:
    """Return what an operator reads of it."""
    return str(error) or type(error).__name__
