"""What the server told of tasks whose deliveries are spent, kept in `PROVISIONING_ADVISORIES`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

from worker.jetstream.api import Api
from worker.jetstream.info import find_stream
from worker.jetstream.messages import IN_FLIGHT, message_at, next_message, stored_time
from worker.jetstream.reading.scan import Scan
from worker.model.names import QueueNames
from worker.model.state import ConsumerState, StreamState
from worker.model.stuck import Advisory, read_advisory


class Advisories:
    """What was told of tasks of one consumer, as far as they are still there.

    Meant to be kept: it reads each advisory once. Every call may raise `JetStreamError`.
    """

    def __init__(self, api: Api, names: QueueNames) -> None:
        self._api = api
        self._names = names
        self._lives: tuple[str, ...] = ()
        self._upto: int | None = None
        self._told: dict[int, Advisory] = {}
        self._since: tuple[tuple[int | None, int], datetime | None] | None = None

    async def live(
        self, consumer: ConsumerState, tasks: StreamState, api_level: int
    ) -> Mapping[int, Advisory]:
        """Return the live tasks that the server told of, and what, the first told first.

        What it told of an earlier consumer of the same name does not count: this one delivers all
        tasks anew.
        """
        await self._read(consumer, tasks, api_level)
        await self._forget_gone(len(self._told))
        return dict(self._told)

    async def since(
        self, consumer: ConsumerState, tasks: StreamState, stuck: int, api_level: int
    ) -> datetime | None:
        """Return when the server first told of one of so many tasks that are stuck.

        None where it told of none, or of more than there are: then those are none of them. One
        request where nothing changed since the last call.
        """
        await self._read(consumer, tasks, api_level)
        state = (self._upto, stuck)
        if self._since is None or self._since[0] != state:
            await self._forget_gone(1 if len(self._told) <= stuck else len(self._told))
            first = next(iter(self._told.values()), None)
            told = first.at if first is not None and len(self._told) <= stuck else None
            self._since = (state, told)
        return self._since[1]

    async def _read(self, consumer: ConsumerState, tasks: StreamState, api_level: int) -> None:
        """Read what was told since the last time."""
        kept = await find_stream(self._api, self._names.advisories_stream)
        lives = (kept.created if kept else "", tasks.created, consumer.created)
        if lives != self._lives:
            self._lives, self._upto, self._told, self._since = lives, None, {}, None
        if kept is None:
            return
        scan = Scan(self._api, kept, self._names.max_deliveries_advisory, api_level)
        since = stored_time(consumer.created)
        if self._upto is None:
            self._upto = await self._first(scan, since) - 1
        async for messages in scan.messages(self._upto + 1, kept.last_sequence):
            for message in messages:
                advisory = read_advisory(message.body, message.stored_at)
                if advisory is not None and advisory.at >= since:
                    self._told.pop(advisory.sequence, None)
                    self._told[advisory.sequence] = advisory
        self._upto = max(self._upto, kept.last_sequence)

    async def _first(self, scan: Scan, since: datetime) -> int:
        """Return where to begin: nothing is told of a task before it is there."""
        oldest = await next_message(self._api, self._names.stream, self._names.tasks, 1)
        return await scan.first_since(max(since, oldest.stored_at) if oldest else since)

    async def _forget_gone(self, until: int) -> None:
        """Forget what is gone, from the first told until so many are there.

        A sequence is never used twice, so what is gone is gone for good.
        """
        told = list(self._told)
        there = 0
        for start in range(0, len(told), IN_FLIGHT):
            few = told[start : start + IN_FLIGHT]
            found = await asyncio.gather(*(self._is_task(sequence) for sequence in few))
            for sequence, is_there in zip(few, found, strict=True):
                if not is_there:
                    del self._told[sequence]
            there += sum(found)
            if there >= until:
                return

    async def _is_task(self, sequence: int) -> bool:
        message = await message_at(self._api, self._names.stream, sequence)
        return message is not None and message.subject == self._names.tasks
