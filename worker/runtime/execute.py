"""One delivery on its way: read, admitted, taken, run, and handed to its ending."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from worker.handlers.call import call
from worker.handlers.context import TaskContext
from worker.handlers.failed import Failed
from worker.handlers.interrupts import Interrupts, interrupted
from worker.handlers.registry import Registry
from worker.jetstream.deliveries.binding import Binding
from worker.model.clock import format_rfc3339
from worker.model.dead_letter import salvaged
from worker.model.ledger import AlreadyDone
from worker.model.replay import replay_count
from worker.model.retry import Failure, attempts_allowed
from worker.model.surroundings import Surroundings
from worker.model.task import InvalidTaskError, parse_task
from worker.runtime.breakers import Breakers
from worker.runtime.endings import Endings
from worker.runtime.job import Job
from worker.runtime.leases import Leases
from worker.runtime.observer import Observed, Observer
from worker.runtime.parking import Parking


@dataclass(frozen=True, slots=True)
class Stations:
    """What a job passes on its way. `leases` is None where no ledger is kept."""

    registry: Registry
    binding: Binding
    observer: Observer
    breakers: Breakers[Job]
    leases: Leases | None
    parking: Parking
    interrupts: Interrupts
    endings: Endings


class Executor:
    """Runs jobs, any number at a time, on the event loop that it is made on."""

    def __init__(self, worker_id: str, stations: Stations, around: Surroundings) -> None:
        self._worker_id = worker_id
        self._stations = stations
        self._endings = stations.endings
        self._breakers = stations.breakers
        self._clock = around.clock
        self._log = around.log
        self._leaving = False

    async def execute(self, job: Job, slot: asyncio.Task[object]) -> None:
        """Run a job to its ending, or until it has to wait in hand, in no slot.

        `slot` is the asyncio task that does.
        """
        observed = job.observed or self._look_into(job)
        if not job.is_fit:
            await self._refuse(job, observed)
            return
        task_type = job.task.task_type
        admission = "run" if self._leaving else self._breakers.admit(task_type)
        if admission == "hold":
            observed.held()
            self._breakers.hold(task_type, job)
            return
        leases = self._stations.leases
        if leases is not None and not await self._take(job, observed, leases):
            self._breakers.undecided(task_type, admission)
            return
        if leases is not None and job.receipt.remaining <= 0:
            # It was lost while the ledger was asked: another worker has it, or will.
            self._breakers.undecided(task_type, admission)
            await leases.release(job)
            self._endings.lost(job, observed)
            return
        why = await self._attempt(job, observed, slot)
        if why is None:
            if not self._endings.succeed_at_once(job, observed, admission):
                await self._endings.succeed(job, observed, admission)
        else:
            await self._endings.fail(job, observed, admission, why)

    def leave(self) -> None:
        """Let no job wait in hand any more: the worker stops."""
        self._leaving = True
        self._endings.hold_no_more()

    async def hand_back(self, job: Job) -> bool:
        """Give back a job that was not begun; False for a last attempt, which must be run."""
        observed = job.observed or self._look_into(job)
        return await self._endings.put_off(job, observed, 0.0, "the worker stops")

    async def interrupt(self, job: Job) -> None:
        """End a job that was never begun, as if it had been interrupted."""
        observed = job.observed or self._look_into(job)
        if job.is_fit:
            await self._endings.give_up_attempt(job, observed, interrupted("shutdown"))
        else:
            await self._refuse(job, observed)

    def _look_into(self, job: Job) -> Observed:
        """Read the task, or what can be read of a message that is none."""
        delivery, stations = job.delivery, self._stations
        try:
            job.task = parse_task(delivery.body)
            job.allowed = attempts_allowed(
                job.task.max_retries, stations.binding.current.max_deliver
            )
        except InvalidTaskError as error:
            job.task, job.problem = salvaged(delivery.body), str(error)
        headers = delivery.headers
        replays = replay_count(headers) if headers else 0
        job.observed = stations.observer.received(job.task, delivery, replays)
        return job.observed

    async def _refuse(self, job: Job, observed: Observed) -> None:
        """End a job that must not be run."""
        if job.receipt.remaining <= 0:
            self._endings.lost(job, observed)
        elif job.problem:
            why = Failed(Failure("permanent"), f"not a task: {job.problem}", "InvalidTask")
            await self._endings.bury(job, observed, "invalid", why)
        else:
            await self._bury_spent(job, observed)

    async def _bury_spent(self, job: Job, observed: Observed) -> None:
        """End a task whose attempts were all begun: it may have been done, only its ack lost."""
        leases = self._stations.leases
        if leases is not None:
            if not await self._take(job, observed, leases):
                return
            await leases.release(job)
        words = f"delivered {job.delivery.delivery_count} times, settled never: worker died?"
        why = Failed(Failure("permanent"), words, "Stuck")
        await self._endings.bury(job, observed, "stuck", why)

    async def _take(self, job: Job, observed: Observed, leases: Leases) -> bool:
        """Return whether the task is ours to run; where not, the job is looked after."""
        standing = await leases.begin(job)
        if standing is None:
            return True
        if isinstance(standing, AlreadyDone):
            words = f"done by {standing.owner} at {format_rfc3339(standing.at)}"
            await self._endings.skip(job, observed, words)
            return False
        parking = self._stations.parking
        if not (parking.is_full or self._leaving) or not await self._endings.put_off(
            job, observed, standing, "another worker runs it"
        ):
            parking.park(job, standing)
        return False

    async def _attempt(
        self, job: Job, observed: Observed, slot: asyncio.Task[object]
    ) -> Failed | None:
        handler = self._stations.registry.find(job.task.task_type)
        if handler is None:
            known = ", ".join(self._stations.registry.task_types)
            words = f"unknown task type: {job.task.task_type} (known: {known})"
            return Failed(Failure("permanent"), words, "UnknownTaskType")
        with observed.in_slot(slot):
            job.slot = slot
            context = self._context(job, observed)
            why = await call(handler, job.task, context, self._stations.interrupts, slot)
            if why is not None:
                observed.failed(why)
        return why

    def _context(self, job: Job, observed: Observed) -> TaskContext:
        return TaskContext(
            attempt=job.delivery.delivery_count,
            attempts_allowed=job.allowed,
            replays=observed.replays,
            headers=observed.headers,
            deadline=observed.began + self._stations.interrupts.limit,
            worker_id=self._worker_id,
            clock=self._clock,
            labels=job.labels,
            logger=self._log,
            fencing_token=None if job.lease is None else job.lease.token,
            report=observed.progress,
        )
