"""The letters that a filter finds, in an order, as far as the index is: kept as it goes on."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left
from dataclasses import replace

from farutech_console.operations.filter.model import Filter
from farutech_console.operations.index.compiled import changes_with_time
from farutech_console.operations.index.letters import LetterIndex
from farutech_console.operations.index.order import NEWEST, Order
from farutech_console.operations.index.state import IndexState
from worker.model.clock import Clock

REST = 8
"""How many times as long as a full query took is waited before the next."""
TIME_S = 5.0
"""Seconds after which a filter that asks for ages is asked again."""


class View:
    """Sequences in an order. `state` is what the index held when they were found.

    Every call may raise `LetterIndexError`.
    """

    def __init__(self, index: LetterIndex, wanted: Filter, order: Order, clock: Clock) -> None:
        self.wanted, self.order = wanted, order
        self.sequences: array[int] = array("q")
        self.state = IndexState()
        self._index, self._clock = index, clock
        self._drifts = changes_with_time(wanted)
        self._asked_at = self._cost = 0.0
        self._place = 0

    @property
    def is_behind(self) -> bool:
        """Whether the index holds other letters by now, and it is time to ask."""
        now = self._index.state
        if not self._asked_at:
            return True
        changed = replace(now, depth=0, failure="") != replace(self.state, depth=0, failure="")
        rested = time.monotonic() - self._asked_at
        if self._drifts and rested > max(TIME_S, self._cost * REST):
            return True
        return changed and (self._may_add(now) or rested > self._cost * REST)

    def _may_add(self, now: IndexState) -> bool:
        """Return whether only what is new has to be asked for."""
        in_order = self.order.key == "seq" and not self._drifts
        return bool(self._asked_at) and in_order and now.removals == self.state.removals

    async def refresh(self) -> None:
        """Take in what the index holds now."""
        now = self._index.state
        if self._may_add(now):
            await self._add(now)
        else:
            began = time.monotonic()
            found = await self._ask(now.low, now.high)
            self._asked_at = time.monotonic()
            self._cost = self._asked_at - began
            self.sequences = found
        self.state = now

    async def _add(self, now: IndexState) -> None:
        newer = older = array("q")
        if now.high > self.state.high:
            newer = await self._ask(self.state.high + 1, now.high)
        if now.low < self.state.low:
            older = await self._ask(now.low, self.state.low - 1)
        if newer or older:
            ends = (newer, older) if self.order == NEWEST else (older, newer)
            self.sequences = ends[0] + self.sequences + ends[1]

    async def _ask(self, low: int, high: int) -> array[int]:
        return await self._index.find(self.wanted, self.order, self._clock.now(), low, high)

    def index_of(self, sequence: int) -> int:
        """Return where a letter is, or where another took its place where it is gone."""
        sequences = self.sequences
        if self.order.key == "seq":
            sign = -1 if self.order.descending else 1
            return bisect_left(sequences, sign * sequence, key=lambda one: sign * one)
        if self._place >= len(sequences) or sequences[self._place] != sequence:
            try:
                self._place = sequences.index(sequence)
            except ValueError:
                return self._place
        return self._place
