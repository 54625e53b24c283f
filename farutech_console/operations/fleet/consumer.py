"""That there is a consumer at all, before anything is asked of it."""

from __future__ import annotations

from farutech_console.language import tr
from farutech_console.operations.queue import Queue
from worker.jetstream.topology.layout import NoQueueError, find_consumer


async def require_consumer(queue: Queue) -> None:
    """Check that the queue has its consumer.

    Raises:
        NoQueueError: it has none, or there is no such queue.
        JetStreamError: the server could not be asked.
    """
    names = queue.names
    if await find_consumer(queue.api, names.stream, names.consumer) is None:
        raise NoQueueError(
            tr(
                "there is no consumer {name} on a stream {stream}: start a worker, it creates both",
                name=names.consumer,
                stream=names.stream,
            )
        )
