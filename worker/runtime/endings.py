"""What becomes of a job: acknowledged, given back, moved to the dead letters, held, or lost."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from worker.handlers.failed import Failed
from worker.jetstream.binding import Binding
from worker.jetstream.settle import LostDeliveryError
from worker.model.breaker import Admission
from worker.model.dead_letter import Reason
from worker.model.names import death_key
from worker.model.retry import Bury, Retry, RetryPolicy
from worker.model.surroundings import Surroundings
from worker.runtime.breaker import Breakers, Setback
from worker.runtime.burial import Burials
from worker.runtime.job import Job
from worker.runtime.leases import Leases
from worker.runtime.letters import Letters
from worker.runtime.observer import Observed


@dataclass(frozen=True, slots=True)
class Rooms:
    """Where jobs go in the end. `leases` is None where no ledger is kept."""

    binding: Binding
    burials: Burials
    letters: Letters
    breakers: Breakers[Job]
    leases: Leases | None


class Endings:
    """Ends jobs. Each method settles the delivery, or sees to it that somebody does."""

    def __init__(self, policy: RetryPolicy, rooms: Rooms, around: Surroundings) -> None:
        """Describe the endings; `around` has chance for the backoff's jitter, and a log."""
        self._policy = policy
        self._rooms = rooms
        self._clock = around.clock
        self._random = around.random
        self._log = around.log
        self._tells_done = around.log.is_enabled_for(logging.INFO)
        self._may_hold = True

    def hold_no_more(self) -> None:
        """Keep no failed job in hand from now on: the worker stops."""
        self._may_hold = False

    async def succeed(self, job: Job, observed: Observed, admission: Admission) -> None:
        """The handler did its work."""
        rooms = self._rooms
        rooms.breakers.succeeded(job.task.task_type, admission)
        if rooms.leases is not None and not await rooms.leases.finish(job):
            self.abandon(job, observed)
            return
        try:
            await job.receipt.ack()
        except LostDeliveryError as error:
            self._lost(job, observed, str(error))
            return
        rooms.letters.forget(job.delivery)
        observed.succeeded()
        if self._tells_done:
            self._log.info("task.done", **job.labels(), seconds=round(observed.seconds, 3))

    async def skip(self, job: Job, observed: Observed, why: str) -> None:
        """Somebody did the work before."""
        try:
            await job.receipt.ack()
        except LostDeliveryError as error:
            self._lost(job, observed, str(error))
            return
        observed.duplicate_skipped(why)
        self._log.info("task.duplicate", why=why, **job.labels())

    async def fail(self, job: Job, observed: Observed, admission: Admission, why: Failed) -> None:
        """The handler failed, or was interrupted."""
        if why.interruption == "lease":
            self._rooms.breakers.undecided(job.task.task_type, admission)
            self.abandon(job, observed)
        elif self._is_held(job, admission, why):
            if self._rooms.leases is not None:
                await self._rooms.leases.release(job, why.thread)
            observed.held()
            self._rooms.breakers.hold(job.task.task_type, job)
        else:
            await self.give_up_attempt(job, observed, why)

    async def give_up_attempt(self, job: Job, observed: Observed, why: Failed) -> None:
        """Have the task tried again, or not, as the retry policy says."""
        settlement = self._policy.settle(
            why.failure, job.delivery.delivery_count, job.allowed, self._random
        )
        if self._rooms.leases is not None:
            await self._rooms.leases.release(job, why.thread)
        if isinstance(settlement, Bury):
            await self.bury(job, observed, settlement.reason, why)
        elif isinstance(settlement, Retry):
            await self._retry(job, observed, settlement.delay, why)

    async def bury(self, job: Job, observed: Observed, reason: Reason, why: Failed) -> None:
        """Begin to move the task to the dead letters."""
        letters = self._rooms.letters
        letter = letters.letter(job.delivery, job.task, reason, why)
        letters.forget(job.delivery)
        life = self._rooms.binding.current.generation
        key = death_key(life, job.delivery.stream_sequence)
        await self._rooms.burials.begin(job, observed, letter, key)

    async def put_off(self, job: Job, observed: Observed, delay: float, why: str) -> bool:
        """Give back a job that was not run; False for a last attempt, which must be run."""
        if not job.may_come_again:
            return False
        try:
            await job.receipt.nak(delay)
        except LostDeliveryError as error:
            self._lost(job, observed, str(error))
            return True
        observed.handed_back()
        self._log.debug("task.handed_back", why=why, delay=delay, **job.labels())
        return True

    def abandon(self, job: Job, observed: Observed) -> None:
        """Leave the delivery to its ack wait: the task is another worker's now."""
        job.receipt.abandon()
        self._lost(job, observed, "another worker has taken the task over")

    def lost(self, job: Job, observed: Observed) -> None:
        """Pass over a delivery that is not ours any more."""
        job.receipt.abandon()
        self._lost(job, observed, "ack wait was over before the task could be begun")

    def _lost(self, job: Job, observed: Observed, why: str) -> None:
        observed.lost()
        self._log.warning("delivery.lost", why=why, **job.labels())

    def _is_held(self, job: Job, admission: Admission, why: Failed) -> bool:
        breakers, task_type = self._rooms.breakers, job.task.task_type
        if why.failure.kind == "permanent" or why.interruption == "shutdown":
            breakers.undecided(task_type, admission)
            return False
        age = self._clock.now().timestamp() - job.delivery.stored_ns / 1e9
        sequence = job.delivery.stream_sequence
        setback = Setback(sequence, age, why.error, why.failure.retry_after)
        return breakers.failed(task_type, admission, setback) and self._may_hold

    async def _retry(self, job: Job, observed: Observed, delay: float, why: Failed) -> None:
        self._rooms.letters.remember_failure(job.delivery)
        try:
            await job.receipt.nak(delay)
        except LostDeliveryError as error:
            self._lost(job, observed, str(error))
            return
        if why.interruption == "shutdown":
            observed.handed_back()
        else:
            observed.retrying(delay, why)
        self._log.warning(
            "task.retry",
            **job.labels(),
            seconds=round(observed.seconds, 3),
            error=why.error,
            delay=round(delay, 3),
        )
