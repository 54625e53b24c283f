"""What becomes of replayed tasks: which are dead letters again, and how the first one ended."""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left

from farutech_console.operations.pace.control import Control
from farutech_console.operations.pace.reasons import Reason
from worker.jetstream.api import Api
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.errors import JetStreamError, UncertainError, UnreachableError
from worker.jetstream.info import stream_state
from worker.jetstream.messages import message_at
from worker.jetstream.replays.replayer import Replayed
from worker.jetstream.topology.layout import Layout
from worker.model.clock import Clock
from worker.model.dead_letter import StoredDeadLetter
from worker.model.names import REPLAY_ID

LOOK_EVERY = 0.5
"""Seconds between two looks at the dead letters while a replay runs."""
_BITS = 1 << 24


class TaskIds:
    """Task ids that were seen, in 2 MiB however many: of a million, one in a hundred is mistaken.

    A Bloom filter with two bits for each.
    """

    def __init__(self) -> None:
        self._bits = bytearray(_BITS // 8)

    def add(self, task_id: str) -> None:
        """Remember an id."""
        for bit in self._places(task_id):
            self._bits[bit >> 3] |= 1 << (bit & 7)

    def __contains__(self, task_id: str) -> bool:
        """Return whether it was seen, as far as one can tell."""
        return all(self._bits[bit >> 3] & 1 << (bit & 7) for bit in self._places(task_id))

    def _places(self, task_id: str) -> tuple[int, int]:
        hashed = hash(task_id)
        return hashed & (_BITS - 1), (hashed >> 32) & (_BITS - 1)


class Comebacks:
    """Looks for replayed tasks among the letters that came since the replay began.

    A letter of our worker carries the id of the replay its task came from. One of the Go fleet
    carries nothing: there the task's id has to do.
    """

    def __init__(self, api: Api, layout: Layout, control: Control, clock: Clock) -> None:
        self._api = api
        self._layout = layout
        self._control = control
        self._clock = clock
        self._letters = DeadLetters(api, layout, current=True)
        self._seen = layout.dead_letters.last_sequence
        self._sent = array("Q")
        self._task_ids = TaskIds()
        self._canary: tuple[int, float] | None = None

    def sent(self, done: Replayed) -> None:
        """A letter was replayed, later in the stream than those before: its task may come back."""
        self._sent.append(done.sequence)
        if done.task_id:
            self._task_ids.add(done.task_id)
        if self._canary is None:
            until = self._clock.monotonic() + self._control.pacing.canary_wait
            self._canary = done.stored_as, until

    async def watch(self) -> None:
        """Tell the control what comes back, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self._look()
                if self._control.canary_is_out:
                    await self._look_after_canary()
            except (UncertainError, UnreachableError):
                continue
            except JetStreamError as error:
                self._control.cancel(Reason("blind", error=str(error)))
                return

    async def _look(self) -> None:
        stream = self._layout.dead_letters.name
        last = (await stream_state(self._api, stream)).last_sequence
        if last <= self._seen:
            return
        found = 0
        async for letters in self._letters.scan(self._seen, last):
            found += sum(self._is_ours(letter) for letter in letters)
            self._seen = letters[-1].sequence
        self._seen = last
        if found:
            self._control.died_again(found)

    def _is_ours(self, letter: StoredDeadLetter) -> bool:
        replay = letter.headers.get(REPLAY_ID, "")
        if not replay:
            return letter.task.task_id in self._task_ids
        generation, _, sequence = replay.rpartition("-")
        if generation != self._layout.dlq_generation or not sequence.isdecimal():
            return False
        at = bisect_left(self._sent, int(sequence))
        return at < len(self._sent) and self._sent[at] == int(sequence)

    async def _look_after_canary(self) -> None:
        if self._canary is None:
            return
        sequence, until = self._canary
        if sequence and not await self._lies_in_queue(sequence):
            # Who ran it writes the letter before the task goes: it is there by now.
            await self._look()
            if not self._control.cancelled:
                self._control.canary_passed()
        elif self._clock.monotonic() >= until:
            wait = self._control.pacing.canary_wait
            self._control.cancel(Reason("first_lasts", seconds=wait))

    async def _lies_in_queue(self, sequence: int) -> bool:
        found = await message_at(self._api, self._layout.work_queue.name, sequence)
        return found is not None and found.subject == self._layout.names.tasks
