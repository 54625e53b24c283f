"""Having deliveries stand still: consumers are paused, and what is in flight is waited for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from nats.aio.msg import Msg

from worker.jetstream.info import NANOSECONDS
from worker.jetstream.migration.marks import PAUSED_UNTIL, paused_mark, read_marks
from worker.jetstream.migration.parts import POLL, Parts, RefusedChangeError
from worker.jetstream.topology.answers import raw_consumers
from worker.jetstream.topology.updates import update_stream
from worker.model.clock import format_rfc3339, parse_rfc3339
from worker.model.topology_diff import workers_pull

SHARE = 1.1
"""Ack waits without a sign after which every delivery is over, the way to the server included."""

_NEVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The work queue's consumers at one moment. `ack_wait` is the longest, in seconds."""

    ack_pending: int
    waiting: int
    ack_wait: float


class Deliveries:
    """The deliveries of all consumers of the work queue.

    Ack pending does not tell a task that runs from one in backoff, and a pause holds the latter
    back; so nothing runs when none is pending, or when for a whole ack wait no worker gave a sign:
    every delivery is over by then. (A worker that runs a task longer than ack wait without a sign
    has lost it, and cannot be told from one that died.)
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._sign_at = 0.0
        self._pull_at = 0.0
        self._held_at = 0.0

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hold deliveries back while the block runs, which begins when nothing is in flight.

        Raises:
            RefusedChangeError: tasks are still running after `Waits.drain`, or workers pull and
                this server cannot pause them. Deliveries go on as before.
        """
        parts = self._parts
        before = await self._paused_by_others()
        async with self._listening():
            self._held_at = parts.clock.monotonic()
            try:
                if parts.can_pause:
                    await self._pause_all()
                    await parts.step("paused")
                await self._drain()
                await parts.step("drained")
                yield
            finally:
                if parts.can_pause:
                    await self._restore(before)
                    await parts.step("resumed")

    async def resume_left_behind(self) -> None:
        """End the pause of a migration that did not live to end it."""
        parts = self._parts
        if read_marks((await parts.own_stream()).config).paused_until is not None:
            await self._restore(await self._paused_by_others())

    async def _pause_all(self) -> None:
        """Pause every consumer for a bounded time, by the server's clock; note it first."""
        parts = self._parts
        consumers = await raw_consumers(parts.api, parts.names.stream)
        now = next((parse_rfc3339(str(c.get("ts", ""))) for c in consumers), None)
        until = (now or parts.clock.now()) + timedelta(
            seconds=parts.waits.drain + parts.waits.switch
        )
        config = (await parts.own_stream()).config
        mark = {"metadata": paused_mark(config, until)}
        await parts.patiently(lambda: update_stream(parts.api, parts.names.dlq_stream, mark))
        for consumer in consumers:
            await self._pause(consumer["name"], until)

    async def _pause(self, consumer: str, until: datetime) -> None:
        parts = self._parts
        verb = f"CONSUMER.PAUSE.{parts.names.stream}.{consumer}"
        body = {} if until == _NEVER else {"pause_until": format_rfc3339(until)}
        await parts.patiently(lambda: parts.api.request(verb, body))

    async def _paused_by_others(self) -> Mapping[str, datetime]:
        """Return until when each consumer was paused by somebody else."""
        parts = self._parts
        ours = read_marks((await parts.own_stream()).config).paused_until
        consumers = await raw_consumers(parts.api, parts.names.stream)
        found = {c["name"]: _paused_until(c) for c in consumers}
        return {name: until for name, until in found.items() if until not in (_NEVER, ours)}

    async def _restore(self, before: Mapping[str, datetime]) -> None:
        parts = self._parts
        for consumer in await raw_consumers(parts.api, parts.names.stream):
            wanted = before.get(consumer["name"], _NEVER)
            if _paused_until(consumer) != wanted:
                await self._pause(consumer["name"], wanted)
        metadata = (await parts.own_stream()).config.get("metadata") or {}
        rest = {name: value for name, value in metadata.items() if name != PAUSED_UNTIL}
        change = {"metadata": rest}
        await parts.patiently(lambda: update_stream(parts.api, parts.names.dlq_stream, change))

    async def _drain(self) -> None:
        parts = self._parts
        while not await self._is_still():
            waited = parts.clock.monotonic() - self._held_at
            if waited > parts.waits.drain:
                pending = (await self._seen()).ack_pending
                advice = "try again when it is calmer, or wait longer with --drain"
                if not parts.can_pause:
                    advice = "stop the workers, which this server cannot pause, and apply again"
                raise RefusedChangeError(
                    f"{pending:,} tasks are still in flight or in backoff after {waited:.0f} s;"
                    f" nothing was moved and deliveries go on: {advice}"
                )
            await asyncio.sleep(POLL)

    async def _is_still(self) -> bool:
        parts = self._parts
        seen = await self._seen()
        now = parts.clock.monotonic()
        if not parts.can_pause:
            if seen.waiting:
                self._pull_at = now
            if now - max(self._pull_at, self._held_at) < parts.waits.silence:
                if now - self._held_at > parts.waits.grace:
                    raise RefusedChangeError(workers_pull(parts.server.version))
                return False
        quiet = now - max(self._sign_at, self._held_at)
        return seen.ack_pending == 0 or quiet > seen.ack_wait * SHARE

    async def _seen(self) -> _Seen:
        parts = self._parts
        consumers = await parts.patiently(lambda: raw_consumers(parts.api, parts.names.stream))
        waits = [c["config"].get("ack_wait", 0) / NANOSECONDS for c in consumers]
        return _Seen(
            ack_pending=sum(c["num_ack_pending"] for c in consumers),
            waiting=sum(c.get("num_waiting", 0) for c in consumers),
            ack_wait=max(waits, default=0.0),
        )

    @contextlib.asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        """Hear what workers say of their deliveries, and that they ask for more."""
        client, stream = self._parts.api.client, self._parts.names.stream
        pulls = self._parts.api.subject(f"CONSUMER.MSG.NEXT.{stream}.>")
        # With a domain or on 2.14+ two more tokens stand before the stream's name.
        signs = (f"$JS.ACK.{stream}.>", f"$JS.ACK.*.*.{stream}.>")
        listening = [await client.subscribe(subject, cb=self._on_sign) for subject in signs]
        listening.append(await client.subscribe(pulls, cb=self._on_pull))
        await client.flush()
        try:
            yield
        finally:
            for subscription in listening:
                await subscription.unsubscribe()

    async def _on_sign(self, _message: Msg) -> None:
        self._sign_at = self._parts.clock.monotonic()

    async def _on_pull(self, _message: Msg) -> None:
        self._pull_at = self._parts.clock.monotonic()


def _paused_until(consumer: Mapping[str, Any]) -> datetime:
    if not consumer.get("paused"):
        return _NEVER
    return parse_rfc3339(str(consumer["config"].get("pause_until", ""))) or _NEVER
