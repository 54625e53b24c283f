"""Our hold on one delivery: settled once, kept while it is worked on, known when it is lost."""

from __future__ import annotations

import asyncio
import contextlib

from worker.jetstream.connect.connection import Connection
from worker.model.clock import Clock
from worker.model.delivery import Delivery
from worker.model.link import LinkChange

ACK = b"+ACK"
NAK = b"-NAK"
IN_PROGRESS = b"+WPI"
TERM = b"+TERM"

NANOSECONDS = 1_000_000_000
MAX_INT64 = 2**63 - 1
"""A larger delay, or one that is not a whole number, is a nak without delay to the server."""

SAFETY = 0.1
"""The last share of ack wait, in which a delivery counts as lost already: the server's clock
started when it sent, ours when we read."""


CONFIRM_EVERY = 1.0
CONFIRM_WITHIN = 2.0


class AlreadySettledError(RuntimeError):
    """A delivery was settled twice: a mistake in this program."""


class LostDeliveryError(Exception):
    """The ack wait is over, or may be: the server may have given the task to another worker.

    Nothing was sent: what we say of it now could undo what the other does.
    """


class Receipt:
    """What we hold for one delivery until it is settled.

    The hold lasts `ack_wait` seconds from the delivery or from the last in-progress signal that
    certainly arrived: one sent on a connection that broke afterwards does not count.
    """

    __slots__ = (
        "_certain",
        "_clock",
        "_connection",
        "_hold",
        "_losses",
        "_settled",
        "_settlements",
        "_touched",
        "delivery",
    )

    def __init__(self, delivery: Delivery, ack_wait: float, settlements: Settlements) -> None:
        self.delivery = delivery
        self._settlements = settlements
        self._connection = settlements.connection
        self._clock = settlements.clock
        self._hold = ack_wait * (1 - SAFETY)
        self._losses = self._connection.losses
        self._certain = self._touched = delivery.received_at
        self._settled = False

    @property
    def settled(self) -> bool:
        """Whether a settlement was begun."""
        return self._settled

    @property
    def remaining(self) -> float:
        """Seconds for which the delivery is still ours, negative when it is lost."""
        unbroken = self._losses == self._connection.losses
        since = self._touched if unbroken else self._certain
        return since + self._hold - self._clock.monotonic()

    @property
    def certainly_until(self) -> float:
        """The monotonic second up to which it is ours even if the connection just broke."""
        return self._certain + self._hold

    @property
    def idle(self) -> float:
        """Seconds since the server last heard of this delivery."""
        return self._clock.monotonic() - self._touched

    def in_progress(self) -> bool:
        """Tell the server that the task is being worked on; return whether that was done.

        It is not where the delivery is settled (the signal would replace a nak's delay), lost, or
        no server is connected.
        """
        if self._settled or not self._connection.is_connected or self.remaining <= 0:
            return False
        if self._losses == self._connection.losses:
            self._certain = self._touched
        self._losses = self._connection.losses
        self._touched = self._clock.monotonic()
        return self._settlements.send(self, IN_PROGRESS)

    def ack_at_once(self) -> bool:
        """Do as `ack` where that needs no waiting; False where it does, or nothing may be sent."""
        if self._settled or self.remaining <= 0 or not self._settlements.send(self, ACK):
            return False
        self._settled = True
        self._settlements.remember(self, ACK)
        return True

    async def ack(self) -> None:
        """The task is done: the server removes it.

        Raises:
            AlreadySettledError: it was settled before.
            LostDeliveryError: it is no longer ours; nothing was sent. So for `nak` and `term`.
        """
        await self._settle(ACK)

    async def nak(self, delay: float = 0.0) -> None:
        """Have the task delivered again after `delay` seconds, at once where that is 0."""
        await self._settle(nak_body(delay), delay)

    async def term(self, reason: str) -> None:
        """Have the task never delivered again; the reason goes into the server's advisory."""
        await self._settle(TERM + b" " + " ".join(reason.split()).encode("utf-8", "replace"))

    def abandon(self) -> None:
        """Leave the task to the end of its ack wait: nothing more is said of this delivery."""
        self._settled = True

    async def _settle(self, body: bytes, delay: float | None = None) -> None:
        if self._settled:
            raise AlreadySettledError(f"{self.delivery.reply} is settled already")
        self._settled = True
        while self.remaining > 0:
            if self._settlements.send(self, body):
                self._settlements.remember(self, body, delay)
                return
            await self._await_server()
        raise LostDeliveryError(
            f"sequence {self.delivery.stream_sequence}: "
            f"ack wait of {self._hold / (1 - SAFETY):g} s is over"
        )

    async def _await_server(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(self.remaining, 0)):
                await self._connection.wait_connected()


_Sent = tuple[str, bytes, float, float | None]
"""What was sent, and up to when it may be, by a nak when its delay is over, in monotonic seconds.

Not the receipt: a second's worth of them, with their messages, is much to keep.
"""


class Settlements:
    """Sends settlements, and sends again what a lost connection may have swallowed."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.connection = connection
        self.clock = clock
        self._unconfirmed: list[_Sent] = []
        self._again = asyncio.Event()

    def send(self, receipt: Receipt, body: bytes) -> bool:
        """Send to the server what `body` says of a delivery; return whether that was possible."""
        return self.connection.wire.put(receipt.delivery.reply, body)

    def remember(self, receipt: Receipt, body: bytes, delay: float | None = None) -> None:
        """Keep a settlement until the server has confirmed that it came that far."""
        due = None if delay is None else self.clock.monotonic() + delay
        self._unconfirmed.append((receipt.delivery.reply, body, receipt.certainly_until, due))

    async def run(self) -> None:
        """Confirm what was sent, and send it again after a reconnect, until cancelled."""
        unlisten = self.connection.listen(self._on_link)
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(CONFIRM_EVERY):
                        await self._again.wait()
                if self._again.is_set():
                    self._again.clear()
                    self._send_again()
                elif self._unconfirmed and self.connection.is_connected:
                    await self._confirm()
        finally:
            unlisten()

    def _on_link(self, change: LinkChange) -> None:
        if change.event == "reconnected":
            self._again.set()

    async def _confirm(self) -> None:
        sent = len(self._unconfirmed)
        if await self.connection.flush(CONFIRM_WITHIN):
            del self._unconfirmed[:sent]

    def _send_again(self) -> None:
        """Repeat what may be lost and is still ours to say; twice said does no harm then."""
        now = self.clock.monotonic()
        for reply, body, until, due in tuple(self._unconfirmed):
            if until > now and (due is None or due > now):
                said = body if due is None else nak_body(due - now)
                self.connection.wire.put(reply, said)


def nak_body(delay: float) -> bytes:
    """Return the payload of a nak with `delay` seconds, as the server surely understands it."""
    if delay <= 0:
        return NAK
    nanoseconds = min(int(min(delay, MAX_INT64 / NANOSECONDS) * NANOSECONDS), MAX_INT64)
    return b'-NAK {"delay": %d}' % nanoseconds
