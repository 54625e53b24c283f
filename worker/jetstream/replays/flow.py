"""Many letters under way at once: begun as fast as is allowed, told in their order."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol

from worker.jetstream.errors import JetStreamError
from worker.jetstream.replays.batches import NotAtomicError
from worker.jetstream.replays.parts import Replayed, Run

Allow = Callable[[int], Awaitable[int]]
"""Says how many letters may be begun now, of at most so many; waits while there may be none.

At least one, or 0 where no more are to be begun at all.
"""


async def all_at_once(most: int) -> int:
    """Allow as many as there are, at once."""
    return most


class Way(Protocol):
    """A protocol to replay letters by."""

    @property
    def at_once(self) -> int:
        """How many calls of `send` are worth having under way."""

    @property
    def most(self) -> int:
        """How many letters one call of `send` may be given."""

    @property
    def wants_release(self) -> bool:
        """Whether `release` should be called as soon as no `send` is under way."""

    async def send(self, sequences: Sequence[int]) -> Run:
        """Replay letters, as far as that can be done in any order.

        Raises:
            NotAtomicError: not in this way on this server; nothing is stored.
        """

    async def finish(self, run: Run) -> dict[int, Replayed]:
        """Do the rest, in the order in which the letters were given; return all outcomes."""

    async def release(self) -> None:
        """Remove what is kept on the server for letters that are finished."""


class _Sent(NamedTuple):
    """Letters under way, and how they go."""

    sequences: Sequence[int]
    way: Way
    task: asyncio.Task[Run]


class Flow:
    """The letters of one run, some of them under way."""

    def __init__(
        self, way: Way, otherwise: Way, sequences: Sequence[int], allow: Allow, most: int
    ) -> None:
        """Describe a run; nothing is begun.

        Args:
            way: How to replay.
            otherwise: How, where the server turns out not to know that way.
            sequences: The letters.
            allow: Asked before letters are begun.
            most: How many letters one call may be given, whatever the way allows.
        """
        self._way = way
        self._otherwise = otherwise
        self._sequences = sequences
        self._allow = allow
        self._most = most
        self._begun = 0
        self._over = False
        self._failure: JetStreamError | None = None
        self._asking: asyncio.Task[int] | None = None
        self._ways = [way]
        self._sending: deque[_Sent] = deque()

    async def pages(self) -> AsyncGenerator[list[Replayed], None]:
        """Yield the outcome of each letter that is begun, some at a time.

        Raises:
            JetStreamError: some letters could not be settled; the others were, and told.
        """
        while True:
            if self._way.wants_release and not self._sending:
                await self._way.release()
            self._ask()
            waiting: set[asyncio.Task[int] | asyncio.Task[Run]] = set()
            if self._asking is not None:
                waiting.add(self._asking)
            if self._sending:
                waiting.add(self._sending[0].task)
            if not waiting:
                break
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            self._begin()
            while self._sending and self._sending[0].task.done():
                yield await self._settle(self._sending.popleft())
        if self._failure is not None:
            raise self._failure

    async def leave(self) -> None:
        """End what is under way, and remove what is kept for what is finished."""
        tasks = [sent.task for sent in self._sending]
        if self._asking is not None:
            self._asking.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # What stays is harmless: the next run removes it.
        for way in self._ways:
            with contextlib.suppress(JetStreamError):
                await way.release()

    def _ask(self) -> None:
        left = len(self._sequences) - self._begun
        has_room = len(self._sending) < self._way.at_once and not self._way.wants_release
        if left and has_room and not self._over and self._asking is None:
            most = min(left, self._most, self._way.most)
            self._asking = asyncio.ensure_future(self._allow(most))

    def _begin(self) -> None:
        if self._asking is None or not self._asking.done():
            return
        count = self._asking.result()
        self._asking = None
        if count == 0:
            self._over = True
        elif not self._over:
            few = self._sequences[self._begun : self._begun + count]
            self._begun += count
            self._sending.append(_Sent(few, self._way, asyncio.create_task(self._way.send(few))))

    async def _settle(self, sent: _Sent) -> list[Replayed]:
        way = sent.way
        try:
            try:
                run = sent.task.result()
            except NotAtomicError:
                way = self._other_way()
                run = await way.send(sent.sequences)
            outcomes = await way.finish(run)
        except JetStreamError as error:
            self._failure = self._failure or error
            self._over = True
            return []
        return [outcomes[sequence] for sequence in sent.sequences]

    def _other_way(self) -> Way:
        if self._way is not self._otherwise:
            self._way = self._otherwise
            self._ways.append(self._otherwise)
        return self._otherwise
