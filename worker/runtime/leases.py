"""Who may run a task: asked of the ledger before, renewed while it runs, written down after."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from worker.handlers.failed import RAN_ON, RUNS_ON, RUNS_ON_HINT, Thread
from worker.handlers.interrupts import Interrupts
from worker.jetstream.deliveries.ledger import Lease, Ledger, LostLeaseError
from worker.jetstream.errors import JetStreamError
from worker.model.ledger import SAFETY, AlreadyDone, task_key
from worker.model.names import REPLAY_ID
from worker.model.surroundings import Surroundings
from worker.runtime.job import Job
from worker.telemetry.logging import is_told

SHARE_OF_ACK_WAIT = 0.6
"""A lease's length as a share of ack wait. Both are renewed at a third of their own: so a dead
worker's task is free before the server gives it to another."""
TICKS = 12
"""Looks at the leases while one lasts."""
FIRST_WAIT = 0.1
LONGEST_WAIT = 1.0
SHORTEST_LOOK = 0.05
LONGEST_LOOK = 5.0
"""Seconds after which a task that another runs is asked for again, at least and at most."""


class Leases:
    """The tasks that this worker runs, as the ledger has them."""

    def __init__(
        self,
        ledger: Callable[[], Ledger | None],
        lease: float,
        interrupts: Interrupts,
        around: Surroundings,
    ) -> None:
        """Describe them.

        Args:
            ledger: Gives where they stand; while there is none, tasks are run without a lease.
            lease: Seconds that the ledger's leases last.
            interrupts: Ends the handler of a task that is no longer ours.
            around: Time, chance for the jitter of waits, and a log.
        """
        self._ledger = ledger
        self._lease = lease
        self._interrupts = interrupts
        self._clock = around.clock
        self._random = around.random
        self._log = around.log
        self._held: dict[Job, asyncio.Task[None] | None] = {}
        self._outlasted: set[asyncio.Task[None]] = set()

    async def begin(self, job: Job) -> AlreadyDone | float | None:
        """Take the job's task: None where it may run now, else who did it, or when to ask again.

        That is in seconds: another runs it, or the ledger does not answer.
        """
        if (ledger := self._ledger()) is None:
            return None
        key = task_key(job.task.task_id, job.delivery.headers.get(REPLAY_ID, ""))
        try:
            outcome = await ledger.begin(key, job.delivery.stream_sequence)
        except JetStreamError as error:
            self._log.warning("ledger.not_asked", why=str(error), **job.labels())
            return self._wait(1)
        if isinstance(outcome, Lease):
            job.lease = outcome
            self._held[job] = None
            return None
        if isinstance(outcome, AlreadyDone):
            return outcome
        return min(max(outcome.remaining, SHORTEST_LOOK), LONGEST_LOOK)

    async def finish(self, job: Job) -> bool:
        """Write down that the task is done, however long it takes; False where it is another's."""
        if job.lease is None:
            return True
        failures = 0
        while True:
            try:
                await job.lease.finish()
            except LostLeaseError as error:
                self._log.warning("lease.lost", why=str(error), **job.labels())
                return False
            except JetStreamError as error:
                failures += 1
                if is_told(failures):
                    self._log.warning(
                        "ledger.not_written", why=str(error), failures=failures, **job.labels()
                    )
            else:
                return True
            finally:
                self._forget(job)
            await asyncio.sleep(self._wait(failures))

    async def release(self, job: Job, thread: Thread | None = None) -> None:
        """Let the task be run again; where that fails it is free when the lease ends.

        A `thread` that still runs the task keeps it: it is released when that has ended, also by
        the end of the process.
        """
        lease, job.lease = job.lease, None
        if lease is None:
            return
        self._forget(job)
        labels = job.labels()
        if thread is None or thread.done():
            await self._let_go(lease, labels)
            return
        self._log.warning(RUNS_ON, hint=RUNS_ON_HINT, **labels)
        outlasting = asyncio.create_task(self._outlast(lease, thread, labels))
        self._outlasted.add(outlasting)
        outlasting.add_done_callback(self._outlasted.discard)

    async def run(self) -> None:
        """Renew what is held, until cancelled; what a thread still holds is free soon after."""
        due = self._lease * (1 - SAFETY - 1 / 3)
        try:
            while True:
                await asyncio.sleep(self._lease / TICKS)
                for job, renewing in tuple(self._held.items()):
                    if renewing is None and job.lease is not None and job.lease.remaining < due:
                        self._held[job] = asyncio.create_task(self._renew(job, job.lease))
        finally:
            for outlasting in self._outlasted:
                outlasting.cancel()

    async def _outlast(self, lease: Lease, thread: Thread, labels: Mapping[str, Any]) -> None:
        """Keep a task from being run again while the thread runs it that was given up."""
        began = self._clock.monotonic()
        while not thread.done():
            await asyncio.wait((thread,), timeout=self._lease / TICKS)
            if not thread.done() and lease.remaining < self._lease * (1 - SAFETY - 1 / 3):
                try:
                    await lease.renew()
                except (LostLeaseError, JetStreamError) as error:
                    self._log.warning("lease.not_renewed", why=str(error), **labels)
                    if isinstance(error, LostLeaseError):
                        return
        seconds = round(self._clock.monotonic() - began, 3)
        self._log.info(RAN_ON, seconds_too_late=seconds, **labels)
        await self._let_go(lease, labels)

    async def _let_go(self, lease: Lease, labels: Mapping[str, Any]) -> None:
        try:
            await lease.release()
        except (LostLeaseError, JetStreamError) as error:
            self._log.warning("lease.not_released", why=str(error), **labels)

    async def _renew(self, job: Job, lease: Lease) -> None:
        try:
            await lease.renew()
        except LostLeaseError:
            self._lose(job)
        except JetStreamError as error:
            self._log.warning("lease.not_renewed", why=str(error), **job.labels())
            if lease.remaining <= 0:
                self._lose(job)
        if job in self._held:
            self._held[job] = None

    def _lose(self, job: Job) -> None:
        if job in self._held and job.slot is not None:
            self._interrupts.interrupt(job.slot, "lease")

    def _forget(self, job: Job) -> None:
        self._held.pop(job, None)

    def _wait(self, failures: int) -> float:
        longest = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures, 10))
        return longest * (0.5 + 0.5 * self._random.random())
