"""A worker's parts, put together on one connection."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from structlog.typing import FilteringBoundLogger

from worker.handlers.interrupts import Interrupts
from worker.handlers.registry import Registry
from worker.jetstream.connect.connection import Connection
from worker.jetstream.dead_letters.writer import DeadLetterWriter
from worker.jetstream.deliveries.binding import Binding
from worker.jetstream.deliveries.ledger import Ledger
from worker.jetstream.deliveries.settle import Receipt, Settlements
from worker.jetstream.deliveries.source import Intake, Source
from worker.jetstream.fleet.events import Events
from worker.jetstream.fleet.outages import Outages
from worker.jetstream.pipeline import Pipeline
from worker.model.breaker import BreakerPolicy, BreakerStatus
from worker.model.delivery import Delivery
from worker.model.retry import RetryPolicy
from worker.model.surroundings import Surroundings
from worker.runtime.breakers import Breakers, Hooks
from worker.runtime.burial import Burials
from worker.runtime.endings import Endings, Rooms
from worker.runtime.execute import Executor, Stations
from worker.runtime.heartbeat import Heartbeats
from worker.runtime.held_limit import most_held
from worker.runtime.job import Job
from worker.runtime.late_ledger import LateLedger
from worker.runtime.leases import SHARE_OF_ACK_WAIT, Leases
from worker.runtime.letters import Letters
from worker.runtime.loop import Keeping, Loop
from worker.runtime.observer import Observer, Views
from worker.runtime.parking import Parking
from worker.runtime.rounds import Rounds
from worker.runtime.under_way import UnderWay
from worker.runtime.upkeep import upkeep
from worker.runtime.watching import Watching
from worker.settings import WorkerSettings

Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a worker stands on. `events` is None where none are published."""

    settings: WorkerSettings
    handlers: Registry
    connection: Connection
    binding: Binding
    watched: Watching
    events: Events | None
    around: Surroundings


@dataclass(frozen=True, slots=True)
class Worker:
    """The parts that others ask or tell. `rounds` is None where the settings want none."""

    loop: Loop
    source: Source
    breakers: Breakers[Job]
    rounds: Rounds | None


async def assembled(ground: Ground, stack: contextlib.AsyncExitStack) -> Worker:
    """Put a worker together; what must be closed goes onto `stack`."""
    settings, around, binding = ground.settings, ground.around, ground.binding
    policy = RetryPolicy().scaled(settings.backoff_scale)
    heartbeats = Heartbeats(lambda: binding.current.ack_wait)
    writer = DeadLetterWriter(ground.connection.api, settings.names, around)
    burials = Burials(writer, heartbeats, policy.cap, around.log)
    interrupts = Interrupts(settings.task_timeout)
    settling = UnderWay("task.not_settled", around.log)

    async def ended(job: Job, work: Coroutine[Any, Any, None]) -> None:
        await work
        if job.receipt.settled:
            heartbeats.discard(job.receipt)

    def later(job: Job, work: Coroutine[Any, Any, None]) -> None:
        settling.begin(ended(job, work))

    breakers = _breakers(
        ground,
        lambda job: loop.again(job),
        lambda job: later(job, endings.settle(job)),
        lambda job: later(job, endings.settle_unsure(job)),
    )
    parking = Parking(lambda job: loop.again(job))
    ledger = await _ledger(ground, stack)
    leases = None if ledger is None else Leases(ledger.current, _lease(ground), interrupts, around)
    letters = Letters(settings.worker_id, settings.names.tasks, around.clock)
    rooms = Rooms(binding, burials, letters, breakers, _outages(ground), leases, later)
    endings = Endings(policy, rooms, around)
    observer = _observer(ground)
    executor = Executor(
        settings.worker_id,
        Stations(
            registry=ground.handlers,
            binding=binding,
            observer=observer,
            breakers=breakers,
            leases=leases,
            parking=parking,
            interrupts=interrupts,
            endings=endings,
        ),
        around,
    )
    settlements = Settlements(ground.connection, around.clock)

    def receipt(delivery: Delivery) -> Receipt:
        return Receipt(delivery, binding.current.ack_wait, settlements)

    beside: list[Work] = [heartbeats.run, settlements.run, breakers.run, ground.watched.pace.run]
    if leases is not None:
        beside.append(leases.run)
    keeping = Keeping(heartbeats, breakers, parking, settling, burials, interrupts, tuple(beside))
    loop = Loop(executor, keeping, receipt, settings.concurrency, around)
    watchers = (observer, ground.watched.readiness)
    rounds = upkeep(settings, ground.connection.api, ledger, watchers, around)
    return Worker(loop, _source(ground, loop), breakers, rounds)


def _breakers(
    ground: Ground,
    release: Callable[[Job], None],
    settle: Callable[[Job], None],
    unsure: Callable[[Job], None],
) -> Breakers[Job]:
    settings, watched, log = ground.settings, ground.watched, ground.around.log

    def changed(status: BreakerStatus) -> None:
        watched.tally.breaker_changed(status)
        if ground.events is not None:
            ground.events.breaker(status)
        _log_breaker(log, status)

    def still_ours(job: Job) -> bool:
        return job.receipt.remaining > 0

    hooks: Hooks[Job] = Hooks(release, settle, unsure, still_ours, changed)
    limit = most_held(ground.binding.current.max_ack_pending)
    return Breakers(_breaker_policy(settings), ground.around, hooks, limit)


def _log_breaker(log: FilteringBoundLogger, status: BreakerStatus) -> None:
    changed = log.bind(task_type=status.task_type, state=status.state)
    if status.state == "closed":
        changed.info("breaker.changed")
    else:
        changed.warning("breaker.changed", probe_in=round(status.probe_in, 3), error=status.error)


def _breaker_policy(settings: WorkerSettings) -> BreakerPolicy:
    return BreakerPolicy(failures=settings.breaker_failures).scaled(settings.backoff_scale)


def _outages(ground: Ground) -> Outages | None:
    """Return what asks the fleet, None where no events tell of breakers."""
    if ground.events is None:
        return None
    # An open breaker is probed, and so told of, at least so often.
    fresh = 2 * _breaker_policy(ground.settings).longest_wait
    return Outages(ground.connection.api, ground.settings.names, fresh, ground.around)


def _lease(ground: Ground) -> float:
    """Return how many seconds a lease on a task lasts."""
    return ground.binding.current.ack_wait * SHARE_OF_ACK_WAIT


async def _ledger(ground: Ground, stack: contextlib.AsyncExitStack) -> LateLedger | None:
    """Return the ledger, None where none is kept."""
    settings, api = ground.settings, ground.connection.api
    if not settings.ledger:
        return None
    pipeline = await stack.enter_async_context(Pipeline(ground.connection))
    ledger = Ledger(
        api, pipeline, settings.names, settings.worker_id, _lease(ground), ground.around.clock
    )
    present = ground.binding.current.has_ledger
    return LateLedger(ledger, api, settings.names, ground.around, present=present)


def _observer(ground: Ground) -> Observer:
    settings, watched = ground.settings, ground.watched
    views = Views(watched.tally, watched.in_flight, watched.tracing, ground.events)
    return Observer(views, settings.worker_id, settings.names.dlq, ground.around.clock)


def _source(ground: Ground, loop: Loop) -> Source:
    names = ground.settings.names
    intake = Intake(loop.accept, loop.room, ground.binding.restore)
    return Source(ground.connection, (names.stream, names.consumer), intake, ground.around)
