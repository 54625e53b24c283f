"""Moving tasks to the dead letters, beside the work: a full DLQ must not stop healthy tasks."""

from __future__ import annotations

import asyncio
import contextlib

from structlog.typing import FilteringBoundLogger

from worker.jetstream.dead_letters.writer import DeadLetterWriter, NotWrittenError
from worker.jetstream.deliveries.settle import LostDeliveryError
from worker.jetstream.errors import PayloadTooLargeError
from worker.model.dead_letter import DeadLetter
from worker.runtime.heartbeat import Heartbeats
from worker.runtime.job import Job
from worker.runtime.observer import Observed
from worker.runtime.under_way import UnderWay

HAND_BACK = 2.0
"""Seconds for a task to be handed back whose burial was given up."""
AT_ONCE = 100
"""Burials under way at most; beyond that tasks wait, and the worker pulls no more."""


class Burials:
    """Stores dead letters in the background, each before its task is terminated."""

    def __init__(
        self,
        writer: DeadLetterWriter,
        heartbeats: Heartbeats,
        longest_delay: float,
        log: FilteringBoundLogger,
    ) -> None:
        """Describe the burials.

        Args:
            writer: Stores the letters.
            heartbeats: Keep the deliveries ours meanwhile.
            longest_delay: Seconds after which a task comes again whose letter is too large.
            log: Told of each.
        """
        self._writer = writer
        self._heartbeats = heartbeats
        self._longest_delay = longest_delay
        self._log = log
        self._limit = asyncio.Semaphore(AT_ONCE)
        self._under_way = UnderWay("dead_letter.failed", log)

    async def begin(self, job: Job, observed: Observed, letter: DeadLetter, key: str) -> None:
        """Start a burial; waits while too many are under way."""
        await self._limit.acquire()
        self._under_way.begin(self._bury(job, observed, letter, key))

    async def finish(self) -> None:
        """Return when all that are under way have ended."""
        await self._under_way.finish()

    async def abandon(self) -> None:
        """Give up those under way, in two seconds: their tasks are handed back, and so not lost.

        One in its last attempt, or one that cannot be handed back because no server is connected,
        nobody gets again: it is stuck then, and another worker's sweep moves it.
        """
        await self._under_way.abandon()

    async def _bury(self, job: Job, observed: Observed, letter: DeadLetter, key: str) -> None:
        log = self._log.bind(**job.labels())
        try:
            await self._store(job, observed, letter, key, log)
        except (LostDeliveryError, NotWrittenError) as error:
            log.warning("delivery.lost", why=str(error))
            observed.lost()
        except asyncio.CancelledError:
            log.error("dead_letter.abandoned", error=letter.error)  # noqa: TRY400 - not ours
            await _give_back(job)
            raise
        finally:
            self._heartbeats.discard(job.receipt)
            self._limit.release()

    async def _store(
        self,
        job: Job,
        observed: Observed,
        letter: DeadLetter,
        key: str,
        log: FilteringBoundLogger,
    ) -> None:
        receipt, reason = job.receipt, letter.reason or "permanent"
        headers = observed.burying(reason)
        try:
            stored = await self._writer.write(
                letter, job.delivery.body, headers, key, lambda: receipt.remaining > 0
            )
        except PayloadTooLargeError as error:
            log.error(  # noqa: TRY400 - the sizes say it all
                "dead_letter.too_large", why=str(error), again_in=self._longest_delay
            )
            await receipt.nak(self._longest_delay)
            return
        await receipt.term(reason)
        log.error(
            "task.dead",
            reason=reason,
            error=letter.error,
            error_type=letter.error_type,
            dead_letter=stored.sequence,
            stream=stored.stream,
        )
        observed.buried(reason, letter.error)


async def _give_back(job: Job) -> None:
    if job.receipt.settled:
        return
    with contextlib.suppress(LostDeliveryError, TimeoutError):
        async with asyncio.timeout(HAND_BACK):
            await job.receipt.nak()
