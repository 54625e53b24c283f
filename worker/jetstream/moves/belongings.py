"""What goes with dead letters that are deleted for good: stuck tasks beside them, their objects."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from worker.jetstream.api import Api
from worker.jetstream.dead_letters.bodies import Bodies
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.dead_letters.orphans import Orphans
from worker.jetstream.errors import JetStreamError
from worker.jetstream.info import find_stream
from worker.jetstream.moves.origins import delete_origin
from worker.jetstream.stuck.finder import StuckFinder
from worker.jetstream.topology.layout import Layout

_AT_ONCE = 500


class Belongings:
    """The belongings of one queue's letters.

    Where no task is stuck and nothing lies in the object store, which is nearly always so, no
    letter is read: `clear` then costs four requests, however many letters there are.
    """

    def __init__(self, api: Api, layout: Layout) -> None:
        self._api = api
        self._names = layout.names
        self._letters = DeadLetters(api, layout, current=True)
        self._finder = StuckFinder(api, layout.names)
        self._bodies = Bodies(api, layout.names)
        self._orphans = Orphans(api, layout.names)

    async def clear(self, sequences: Sequence[int]) -> list[str]:
        """Delete the tasks that these letters are copies of, before the letters go.

        Returns the names of their objects: for `remove`, once the letters are gone.

        Raises:
            JetStreamError: not all were cleared; may be repeated.
        """
        store = await find_stream(self._api, self._names.bodies_stream)
        any_object = store is not None and store.messages > 0
        if not any_object and not (await self._finder.count()).most:
            return []
        objects: list[str] = []
        for start in range(0, len(sequences), _AT_ONCE):
            few = await self._letters.these(sequences[start : start + _AT_ONCE])
            for stored in few.values():
                await delete_origin(self._api, self._names, stored)
                if stored.letter is not None and stored.letter.raw_object is not None:
                    objects.append(stored.letter.raw_object.name)
        return objects

    async def remove(self, objects: Sequence[str]) -> None:
        """Remove objects of letters that are gone, but for those that another letter names.

        What cannot be removed now is swept by a worker later.
        """
        if not objects:
            return
        among = frozenset(objects)
        with contextlib.suppress(JetStreamError):
            entries = [entry for entry in await self._bodies.entries() if entry.name in among]
            for name in await self._orphans.unnamed(entries):
                await self._bodies.remove(name)
