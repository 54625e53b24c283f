"""How many tasks may be held for breakers: few in a short outage, more as others get through.

A worker that stops hands back what it holds, at a delivery each, so a short outage of everything
must not fill its hands. The limit grows with each task of a healthy type, and with time, lest
healthy ones wait behind ill ones for as long as the outage lasts.
"""

from __future__ import annotations

FIRST_HELD = 100
"""Tasks that may be held before any of another type got through."""
HELD_PER_PASS = 20
"""How many more may be held for each task of another type that got through."""
HELD_PER_SECOND = 5
"""How many more may be held for each second since the first breaker opened."""
MOST_HELD = 1000


def most_held(max_ack_pending: int) -> int:
    """Return how many tasks a worker may hold where the consumer has such a limit (-1: none).

    At that limit the server delivers to nobody, also not to the other workers of the fleet.
    """
    return MOST_HELD if max_ack_pending < 1 else min(MOST_HELD, max(1, max_ack_pending // 4))


class HeldLimit:
    """The limit at each moment of an outage, at most `most`. Times are monotonic seconds."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._passed = 0
        self._since: float | None = None

    def outage_began(self, now: float) -> None:
        """The first breaker opened."""
        self._since = now

    def outage_ended(self) -> None:
        """No breaker is open any more: what was earned is forgotten."""
        self._since = None
        self._passed = 0

    def one_passed(self) -> None:
        """A task of a healthy type got through during the outage."""
        self._passed += 1

    def at(self, now: float) -> int:
        """Return how many tasks may be held."""
        seconds = 0.0 if self._since is None else now - self._since
        earned = HELD_PER_PASS * self._passed + int(HELD_PER_SECOND * seconds)
        return min(self._most, FIRST_HELD + earned)
