"""What becomes of replayed tasks: which are dead letters again, and how the first one ended."""

from __future__ import annotations

import asyncio
from collections import Counter

from farutech_console.operations.velocity import Control
from worker.jetstream.api import Api
from worker.jetstream.dead_letters import DeadLetters
from worker.jetstream.errors import JetStreamError, UncertainError, UnreachableError
from worker.jetstream.info import stream_state
from worker.jetstream.messages import message_at
from worker.jetstream.replays import Replayed
from worker.jetstream.topology import Layout
from worker.model.clock import Clock
from worker.model.dead_letter import StoredDeadLetter
from worker.model.names import REPLAY_ID

LOOK_EVERY = 0.5
"""Seconds between two looks at the dead letters while a replay runs."""


class Comebacks:
    """Looks for replayed tasks among the letters that came since the replay began.

    A letter of our worker carries the id of the replay its task came from. One of the Go fleet
    carries nothing: there the task's id has to do, one letter for each time it was replayed.
    """

    def __init__(self, api: Api, layout: Layout, control: Control, clock: Clock) -> None:
        self._api = api
        self._layout = layout
        self._control = control
        self._clock = clock
        self._letters = DeadLetters(api, layout, current=True)
        self._seen = layout.dead_letters.last_sequence
        self._waiting: set[str] = set()
        self._task_ids: Counter[str] = Counter()
        self._canary: tuple[int, float] | None = None

    def sent(self, done: Replayed) -> None:
        """A letter was replayed: its task may come back."""
        self._waiting.add(f"{self._layout.dlq_generation}-{done.sequence}")
        if done.task_id:
            self._task_ids[done.task_id] += 1
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
                self._control.cancel(f"nobody can tell what comes back: {error}")
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
        if replay:
            if replay not in self._waiting:
                return False
            self._waiting.discard(replay)
        task_id = letter.task.task_id
        if not self._task_ids[task_id]:
            return bool(replay)
        self._task_ids[task_id] -= 1
        return True

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
            self._control.cancel(
                f"the first one has not ended within {wait:g} s: nothing more was sent; see"
                " whether workers run, and whether it is being retried"
            )

    async def _lies_in_queue(self, sequence: int) -> bool:
        found = await message_at(self._api, self._layout.work_queue.name, sequence)
        return found is not None and found.subject == self._layout.names.tasks
