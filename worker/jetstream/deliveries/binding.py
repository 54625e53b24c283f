"""The consumer a worker is bound to: created where missing, read again when it may be another."""

from __future__ import annotations

from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from worker.jetstream.api import Api
from worker.jetstream.errors import ApiError
from worker.jetstream.info import consumer_state, find_stream
from worker.jetstream.topology.layout import NoQueueError, discover, ensure, generation
from worker.model.names import QueueNames


@dataclass(frozen=True, slots=True)
class Bound:
    """What a worker must know of the queue that it is bound to.

    `generation` tells apart two lives of the stream, whose sequences begin anew with each;
    `ack_wait` is in seconds, a limit of -1 none. `has_ledger` is whether there is a bucket for it:
    beside a queue that somebody else made it appears with `topology apply`.
    """

    generation: str
    ack_wait: float
    max_deliver: int
    max_ack_pending: int
    has_ledger: bool


class Binding:
    """Keeps what is known of the consumer. `current` is only there after `restore`."""

    def __init__(self, api: Api, names: QueueNames, log: FilteringBoundLogger) -> None:
        self._api = api
        self._names = names
        self._log = log
        self._current: Bound | None = None

    @property
    def current(self) -> Bound:
        """What was read last.

        Raises:
            NoQueueError: nothing was read yet.
        """
        if self._current is None:
            raise NoQueueError(f"not bound to a consumer of {self._names.stream} yet")
        return self._current

    async def restore(self) -> None:
        """Create the streams and the consumer where they are missing, and read them.

        Raises:
            JetStreamError: the server refused, or cannot be reached.
            NoQueueError: they are gone again.
        """
        created = await ensure(self._api, self._names, refused=self._tell_refused)
        if created:
            self._log.info("topology.created", names=list(created))
        layout = await discover(self._api, self._names)
        consumer = await consumer_state(self._api, self._names.stream, self._names.consumer)
        self._current = Bound(
            generation(layout.work_queue.created),
            consumer.ack_wait,
            consumer.max_deliver,
            consumer.max_ack_pending,
            await find_stream(self._api, self._names.ledger_stream) is not None,
        )

    def _tell_refused(self, stream: str, error: ApiError) -> None:
        self._log.warning("topology.refused", stream=stream, why=str(error))
