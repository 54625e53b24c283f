"""For how long a server knows again what was sent: what decides whether a replay can be resumed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker.jetstream.api import Api
from worker.jetstream.info import NANOSECONDS, stream_of_subject
from worker.jetstream.messages import IN_FLIGHT, stored_time
from worker.jetstream.patience import Patience
from worker.jetstream.replays.claims import Claim, Claims
from worker.jetstream.topology.layout import Layout
from worker.model.clock import Clock

SAFE_SHARE = 0.9
"""How much of the duplicate window is used: the rest is for the way to the server."""
_FRESH = 1.0
"""Seconds for which the server need not be asked again."""


@dataclass(frozen=True, slots=True)
class Memory:
    """For how long the work queue surely knows a message id again.

    `window` in seconds; `now` is the server's time; `server` this start of it.
    """

    server: str
    clustered: bool
    window: float
    now: datetime

    def is_recent(self, claim: Claim) -> bool:
        """Whether others who found this claim would still take it over rather than leave it."""
        return (self.now - claim.since).total_seconds() < self.window

    def keeps(self, claim: Claim) -> bool:
        """Whether a task sent under this claim, by anyone, would be known again."""
        same = self.server != "" and self.server == claim.server and not self.clustered
        return same and self.is_recent(claim)


class MemoryReader:
    """Asks for the memory of a queue's server, not more often than it can change."""

    def __init__(self, api: Api, layout: Layout, patience: Patience, clock: Clock) -> None:
        self._api = api
        self._stream = layout.work_queue.name
        self._patience = patience
        self._clock = clock
        self._known: tuple[float, Memory] | None = None

    async def memory(self) -> Memory:
        """Return what the server remembers now."""
        if self._known is not None:
            asked, known = self._known
            age = self._clock.monotonic() - asked
            if age < _FRESH and known.server == server_id(self._api):
                return replace(known, now=known.now + timedelta(seconds=age))
        asked = self._clock.monotonic()
        answer = await self._patience.repeat(
            lambda: self._api.request(f"STREAM.INFO.{self._stream}")
        )
        known = Memory(
            server=server_id(self._api),
            clustered=bool((answer.get("cluster") or {}).get("name")),
            window=answer["config"].get("duplicate_window", 0) / NANOSECONDS * SAFE_SHARE,
            now=stored_time(answer["ts"]),
        )
        self._known = asked, known
        return known


def server_id(api: Api) -> str:
    """Return what tells this start of the server from every other."""
    said = api.client._server_info  # noqa: SLF001 - nats-py has no other access to it
    return str(said.get("server_id", ""))


async def claims_in_doubt(api: Api, layout: Layout, clock: Clock) -> list[Claim]:
    """Return the claims of which nobody can tell any more whether the task was sent.

    Raises:
        JetStreamError: the server could not be asked.
    """
    home = await stream_of_subject(api, layout.names.replays)
    if home is None:
        return []
    claims = Claims(api, home, layout)
    memory = await MemoryReader(api, layout, Patience(api, clock), clock).memory()
    sequences = [claims.sequence_of(key) for key in await claims.keys()]
    mine = [sequence for sequence in sequences if sequence is not None]
    found: list[Claim] = []
    for start in range(0, len(mine), IN_FLIGHT):
        few = mine[start : start + IN_FLIGHT]
        for claim in await asyncio.gather(*(claims.find(one) for one in few)):
            found += [claim] if claim is not None else []
    return [claim for claim in found if claim.step != "published" and not memory.keeps(claim)]
