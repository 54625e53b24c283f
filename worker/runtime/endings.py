"""What becomes of a job: acknowledged, given back, moved to the dead letters, held, or lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from worker.handlers.failed import RAN_ON, RUNS_ON, RUNS_ON_HINT, Failed
from worker.jetstream.deliveries.binding import Binding
from worker.jetstream.deliveries.settle import LostDeliveryError
from worker.jetstream.fleet.outages import Outages
from worker.model.breaker import Admission
from worker.model.dead_letter import Reason
from worker.model.names import death_key
from worker.model.retry import Bury, Retry, RetryPolicy, Settlement
from worker.model.surroundings import Surroundings
from worker.runtime.breakers import Breakers, Setback, Verdict
from worker.runtime.burial import Burials
from worker.runtime.job import Job, Unsettled
from worker.runtime.leases import Leases
from worker.runtime.letters import Letters
from worker.runtime.observer import Observed


@dataclass(frozen=True, slots=True)
class Rooms:
    """Where jobs go in the end.

    `leases` is None where no ledger is kept, `outages` where the fleet tells nothing. `later` has a
    job ended beside the slots.
    """

    binding: Binding
    burials: Burials
    letters: Letters
    breakers: Breakers[Job]
    outages: Outages | None
    leases: Leases | None
    later: Callable[[Job, Coroutine[Any, Any, None]], None]


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

    def succeed_at_once(self, job: Job, observed: Observed, admission: Admission) -> bool:
        """Do as `succeed` where nothing has to be waited for; False, and nothing, where it has."""
        rooms = self._rooms
        if rooms.leases is not None or not job.receipt.ack_at_once():
            return False
        rooms.breakers.succeeded(job.task.task_type, admission, observed.began)
        self._done(job, observed)
        return True

    async def succeed(self, job: Job, observed: Observed, admission: Admission) -> None:
        """The handler did its work."""
        rooms = self._rooms
        rooms.breakers.succeeded(job.task.task_type, admission, observed.began)
        if rooms.leases is not None and not await rooms.leases.finish(job):
            self.abandon(job, observed)
            return
        try:
            await job.receipt.ack()
        except LostDeliveryError as error:
            self._lost(job, observed, str(error))
            return
        self._done(job, observed)

    def _done(self, job: Job, observed: Observed) -> None:
        self._rooms.letters.forget(job.delivery)
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
        elif job.lease is None and why.interruption == "timeout" and why.runs_on:
            # No lease keeps the task from being run beside its thread: the delivery does.
            self._log.warning(RUNS_ON, hint=RUNS_ON_HINT, **job.labels())
            self._rooms.later(job, self._fail_once_ended(job, observed, admission, why))
        else:
            await self._fail(job, observed, admission, why)

    async def _fail_once_ended(
        self, job: Job, observed: Observed, admission: Admission, why: Failed
    ) -> None:
        began = self._clock.monotonic()
        if why.thread is not None:
            await asyncio.wait((why.thread,))
        seconds = round(self._clock.monotonic() - began, 3)
        self._log.info(RAN_ON, seconds_too_late=seconds, **job.labels())
        await self._fail(job, observed, admission, why)

    async def _fail(self, job: Job, observed: Observed, admission: Admission, why: Failed) -> None:
        if why.traceback:
            self._log.debug("task.traceback", **job.labels(), exception=why.traceback)
        verdict = self._verdict(job, admission, why)
        if self._rooms.leases is not None:
            await self._rooms.leases.release(job, why.thread)
        if verdict == "settle" or not self._may_hold:
            await self.give_up_attempt(job, observed, why)
            return
        observed.held(why.error)
        self._rooms.letters.remember_failure(job.delivery)
        if verdict == "doubt":
            self._doubt(job, observed, why)
        else:
            self._rooms.breakers.hold(job.task.task_type, job)

    async def give_up_attempt(self, job: Job, observed: Observed, why: Failed) -> None:
        """Have the task tried again, or not, as the retry policy says."""
        settlement = self._settlement(job, why)
        if self._rooms.leases is not None:
            await self._rooms.leases.release(job, why.thread)
        if isinstance(settlement, Bury):
            await self.bury(job, observed, settlement.reason, why)
        elif isinstance(settlement, Retry):
            self._rooms.letters.remember_failure(job.delivery)
            await self._retry(job, observed, (settlement.delay, settlement.delay), why)

    async def settle(self, job: Job) -> None:
        """End a job that was in doubt as its failure asks, with what is left of its delay."""
        observed, unsettled = job.observed, job.unsettled
        if observed is None or unsettled is None:
            raise AssertionError("not a job that was in doubt")
        job.unsettled = None
        if isinstance(unsettled.settlement, Bury):
            await self.bury(job, observed, unsettled.settlement.reason, unsettled.why)
            return
        left = max(0.0, unsettled.due - self._clock.monotonic())
        await self._retry(job, observed, (left, unsettled.delay), unsettled.why)

    async def settle_unsure(self, job: Job) -> None:
        """End a job that was in doubt, or hold it where the fleet knows that its type is out."""
        breakers, outages, task_type = self._rooms.breakers, self._rooms.outages, job.task.task_type
        is_ours = job.receipt.remaining > 0
        is_out = is_ours and outages is not None and await outages.is_known(task_type)
        if is_out and self._may_hold and breakers.out_elsewhere(task_type):
            breakers.hold(task_type, job)
        else:
            await self.settle(job)

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

    def _verdict(self, job: Job, admission: Admission, why: Failed) -> Verdict:
        breakers, task_type = self._rooms.breakers, job.task.task_type
        if why.failure.kind == "permanent" or why.interruption == "shutdown":
            breakers.undecided(task_type, admission)
            return "settle"
        age = self._clock.now().timestamp() - job.delivery.stored_ns / 1e9
        sequence = job.delivery.stream_sequence
        setback = Setback(sequence, age, why.error, why.failure.retry_after)
        return breakers.failed(task_type, admission, setback)

    def _doubt(self, job: Job, observed: Observed, why: Failed) -> None:
        settlement = self._settlement(job, why)
        if isinstance(settlement, Retry):
            delay = settlement.delay
        else:
            # A last attempt waits for the verdict as long as another would.
            delay = self._policy.delay(job.delivery.delivery_count, self._random)
        job.unsettled = Unsettled(why, settlement, delay, self._clock.monotonic() + delay)
        self._rooms.breakers.doubt(job.task.task_type, job, delay)
        self._log.warning(
            "task.failed",
            **job.labels(),
            seconds=round(observed.seconds, 3),
            error=why.error,
            error_type=why.error_type,
            settled_within=round(delay, 3),
        )

    def _settlement(self, job: Job, why: Failed) -> Settlement:
        return self._policy.settle(
            why.failure, job.delivery.delivery_count, job.allowed, self._random
        )

    async def _retry(
        self, job: Job, observed: Observed, delays: tuple[float, float], why: Failed
    ) -> None:
        """Give a task back; `delays` are seconds from now, and from its failure."""
        delay, whole = delays
        try:
            await job.receipt.nak(delay)
        except LostDeliveryError as error:
            self._lost(job, observed, str(error))
            return
        if why.interruption == "shutdown":
            observed.handed_back()
        else:
            observed.retrying(delay, why, whole)
        self._log.warning(
            "task.retry",
            **job.labels(),
            seconds=round(observed.seconds, 3),
            error=why.error,
            error_type=why.error_type,
            delay=round(delay, 3),
            backoff=round(whole, 3),
        )
