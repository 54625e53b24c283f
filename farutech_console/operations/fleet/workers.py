"""The workers: what each says of itself, those that fell silent, and those that never say."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from farutech_console.operations.fleet.view import FleetView, WorkerView
from farutech_console.operations.queue import Queue
from worker.jetstream.connect.connection import LONGEST_WAIT
from worker.jetstream.fleet.peers import Overheard, overhear_pulls
from worker.jetstream.fleet.service import SERVICE, fleet
from worker.model.clock import parse_rfc3339
from worker.model.fleet import FleetMember
from worker.model.peer import Peer

SILENT_AFTER = timedelta(seconds=5)
"""Without an answer for so long a worker counts as silent: one lost answer is no news."""

BACK_WITHIN = timedelta(seconds=LONGEST_WAIT)
"""How much longer a worker may take than we to come back to a server that was gone."""

FORGOTTEN_AFTER = timedelta(minutes=30)
"""How long a silent worker is shown."""

LISTEN = 0.5
"""Seconds in which the pulls of clients that report nothing are overheard."""


class FleetWatch:
    """Looks at the fleet again and again, and remembers who was there. Meant to be kept."""

    def __init__(self) -> None:
        self._known: dict[str, WorkerView] = {}
        self._missed: set[str] = set()  # by the last look
        self._losses = 0
        self._awaited_from: datetime | None = None

    async def look(
        self, queue: Queue, *, within: float = 1.0, quiet: float = 0.25, listen: float = LISTEN
    ) -> FleetView:
        """Ask all workers, and listen for the pulls of others.

        Args:
            queue: Whose workers.
            within: Seconds to wait for answers at most.
            quiet: Seconds without an answer after which no more are awaited.
            listen: Seconds to listen; 0 for not asking after other clients at all.

        Raises:
            UnreachableError: no server is connected.
        """
        asking = fleet(queue.connection, stream=queue.names.stream, within=within, quiet=quiet)
        if listen > 0:
            found, overheard = await asyncio.gather(
                asking, overhear_pulls(queue.connection, queue.names, listen)
            )
        else:
            found, overheard = await asking, None
        now = queue.clock.now()
        if queue.connection.losses != self._losses:
            # While we heard nobody, nobody was silent.
            self._losses, self._awaited_from = queue.connection.losses, now + BACK_WITHIN
        members = [_member(member, now) for member in found.members]
        self._remember([*members, *self._clients(overheard, now)], now)
        workers = sorted(self._known.values(), key=lambda worker: (worker.name, worker.key))
        return FleetView(now, tuple(workers), found.unreadable, overheard is not None)

    def _clients(self, overheard: Overheard | None, now: datetime) -> list[WorkerView]:
        """Return the clients that pull or once pulled, and are still connected."""
        if overheard is None:
            return []
        return [
            _client(peer, now)
            for peer in overheard.listed
            if not _reports(peer) and (peer.key in self._known or overheard.pulled(peer))
        ]

    def _remember(self, seen: list[WorkerView], now: datetime) -> None:
        """Keep who is not there any more, unless it left in order or came back as another."""
        here = {worker.key for worker in seen}
        back = {(worker.kind, worker.name, worker.host) for worker in seen}
        kept: dict[str, WorkerView] = {}
        missed: set[str] = set()
        for worker in self._known.values():
            away = now - worker.seen_at
            replaced = worker.kind == "farutech" and _place(worker) in back
            if worker.key in here or replaced or away > FORGOTTEN_AFTER:
                continue
            if worker.condition == "draining" or worker.kind == "client":
                # A client that left cannot be told from one that died.
                continue
            missed.add(worker.key)
            silent = worker.condition == "silent" or self._is_silent(worker, now)
            kept[worker.key] = replace(worker, condition="silent") if silent else worker
        self._missed = missed
        self._known = kept | {worker.key: worker for worker in seen}

    def _is_silent(self, worker: WorkerView, now: datetime) -> bool:
        """Whether a worker that did not answer now had its chances before."""
        since = max(worker.seen_at, self._awaited_from or worker.seen_at)
        return worker.key in self._missed and now - since > SILENT_AFTER


def _place(worker: WorkerView) -> tuple[str, str, str]:
    return worker.kind, worker.name, worker.host


def _member(member: FleetMember, now: datetime) -> WorkerView:
    report = member.report
    return WorkerView(
        key=member.instance,
        kind="farutech",
        name=report.worker_id,
        condition=report.state,
        seen_at=now,
        host=report.host,
        version=report.version,
        uptime=_uptime(parse_rfc3339(member.started_at), report.uptime, now),
        rtt=member.rtt,
        report=report,
    )


def _uptime(started_at: datetime | None, said: float, now: datetime) -> float | None:
    if said > 0 or started_at is None:
        return said
    return max(0.0, (now - started_at).total_seconds())


def _client(peer: Peer, now: datetime) -> WorkerView:
    uptime = (now - peer.started_at).total_seconds() if peer.started_at else None
    return WorkerView(
        key=peer.key,
        kind="client",
        name=peer.name or peer.address,
        condition="running",
        seen_at=now,
        host=peer.address,
        version=f"nats {peer.lang} {peer.version}".strip(),
        uptime=None if uptime is None else max(0.0, uptime),
    )


def _reports(peer: Peer) -> bool:
    """Whether this connection is one of the workers that answer for themselves."""
    return any(mine.startswith(f"$SRV.STATS.{SERVICE}.") for mine in peer.subscriptions)
