"""Keys that come faster than they are handled: each waits until the one before has had its effect.

A fast typist, or a paste into a terminal without bracketed paste, sends `/tenant:acme` at once. The
first key opens a field; without this the others would be on their way to the room by then.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from textual import events
from textual.app import App

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

Typed = events.Key | events.Paste

PATIENCE_S = 0.5
"""Seconds after which the next key no longer waits for one that nobody gave back."""

ROUNDS = 2
"""How often the way of a key is gone: behind the key, and behind what it set off."""


class KeysInOrder(App[None]):
    """An app in which a key is sent to what has the focus once the key before is done with.

    What is pasted takes its turn as a key does.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[Typed] = deque()
        self._sent: Typed | None = None
        self._sent_to: MessagePump | None = None
        self.touched_at = 0.0
        """When a key or the mouse was last touched, by `time.monotonic`: Textual's own differs."""

    async def on_event(self, event: events.Event) -> None:
        """Take a key in its turn, everything else at once."""
        if isinstance(event, (events.InputEvent, events.Paste)):
            self.touched_at = time.monotonic()
        if not isinstance(event, (events.Key, events.Paste)):
            await super().on_event(event)
        elif event.is_forwarded:
            await self._came_back(event)
        else:
            self._waiting.append(event)
            if self._sent is None or event.time - self._sent.time > PATIENCE_S:
                await self._send_next()

    async def _send_next(self) -> None:
        self._sent = self._waiting.popleft() if self._waiting else None
        if self._sent is not None:
            self._sent_to = self.focused or self.screen
            await super().on_event(self._sent)
            self._pass_on(self._sent_to, ROUNDS)

    async def _came_back(self, event: Typed) -> None:
        """Do what the key is bound to, unless a dialog that came up only now has a field for it."""
        if self._sent_to is self.screen and self.focused is not None:
            again = (
                events.Key(event.key, event.character)
                if isinstance(event, events.Key)
                else events.Paste(event.text)
            )
            self._waiting.appendleft(again)
        else:
            await super().on_event(event)

    def _pass_on(self, node: MessagePump, rounds: int) -> None:
        """Go the way that a key goes, behind it; at its end the next one may come."""
        if not node.call_later(self._passed, node, rounds):
            self.call_later(self._send_next)

    async def _passed(self, node: MessagePump, rounds: int) -> None:
        parent = getattr(node, "parent", None)
        if node is not self:
            self._pass_on(parent or self, rounds)
        elif rounds > 1:
            self._pass_on(self.focused or self.screen, rounds - 1)
        else:
            await self._send_next()
