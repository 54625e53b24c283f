"""What the fleet knows of a task type that fails here: the latest word of its circuit breakers."""

from __future__ import annotations

from worker.jetstream.api import Api
from worker.jetstream.errors import JetStreamError
from worker.jetstream.messages import last_message
from worker.model.event import InvalidEventError, breaker_token, read_events
from worker.model.names import QueueNames
from worker.model.surroundings import Surroundings


class Outages:
    """Asks the stream of events, which keeps what each worker says of its breakers."""

    def __init__(self, api: Api, names: QueueNames, fresh: float, around: Surroundings) -> None:
        """Describe it. Words older than `fresh` seconds say nothing: who said them may be gone."""
        self._api = api
        self._names = names
        self._fresh = fresh
        self._clock = around.clock
        self._log = around.log

    async def is_known(self, task_type: str) -> bool:
        """Return whether some worker's breaker of this type is open; False where nobody answers."""
        subject = self._names.events(breaker_token(task_type))
        try:
            message = await last_message(self._api, self._names.events_stream, subject)
            if message is None:
                return False
            event = read_events(message.body)[-1]
        except (JetStreamError, InvalidEventError) as error:
            self._log.debug("breaker.fleet_not_asked", task_type=task_type, why=str(error))
            return False
        age = (self._clock.now() - message.stored_at).total_seconds()
        return event.kind == "breaker" and event.state != "closed" and age < self._fresh
