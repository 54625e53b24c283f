"""The whole worker: one connection, one pull, one loop, and all that tells of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

from structlog.typing import FilteringBoundLogger

from worker.handlers.registry import Registry
from worker.jetstream.connect.connection import Connection, connect
from worker.jetstream.deliveries.binding import Binding
from worker.jetstream.errors import ApiError, RefusedError, UncertainError, UnreachableError
from worker.jetstream.fleet.events import Events
from worker.jetstream.fleet.service import answering
from worker.model.fleet import WorkerState
from worker.model.link import LinkChange
from worker.model.surroundings import Surroundings
from worker.runtime.assembly import Ground, Worker, assembled
from worker.runtime.link_log import LinkLog
from worker.runtime.report import Counts, Reporter, Who
from worker.runtime.shutdown import Shutdown, StoppedError
from worker.runtime.upkeep import going_round
from worker.runtime.watching import Watching, watching
from worker.settings import WorkerSettings
from worker.telemetry.logging import is_told
from worker.telemetry.metrics import Readings

FLUSH_TIMEOUT = 2.0
FIRST_WAIT = 0.25
LONGEST_WAIT = 5.0
REFUSALS = 5
"""Refusals in a row, some five seconds, after which a worker that ran gives up."""
TEMPORARY = (500, 503)
"""Codes of refusals that pass by themselves: JetStream is starting, or has no leader."""


async def serve(
    settings: WorkerSettings,
    handlers: Registry,
    shutdown: Shutdown,
    around: Surroundings,
) -> None:
    """Run tasks by the handlers until the shutdown is asked for; leave in order.

    Raises:
        RefusedError: wrong credentials, also while it runs, or no JetStream.
        ApiError: JetStream will not have the streams or the consumer.
        HealthError: the port for health and metrics is taken.
    """
    log = around.log
    end = _End(shutdown)
    async with contextlib.AsyncExitStack() as stack:
        watched = await stack.enter_async_context(watching(settings, handlers, around))
        options = settings.connection(settings.worker_id)
        connecting = stack.enter_async_context(
            connect(options, random=around.random, listener=LinkLog(log))
        )
        try:
            connection = await shutdown.unless_requested(connecting)
            connection.listen(end.on_link)
            _follow(connection, watched)
            binding = Binding(connection.api, settings.names, log)
            await _bind(binding, shutdown, log)
        except StoppedError:
            end.check()
            log.info("worker.stopped", worker_id=settings.worker_id)
            return
        events = await stack.enter_async_context(_publishing(settings, connection, around))
        ground = Ground(settings, handlers, connection, binding, watched, events, around)
        worker = await assembled(ground, stack)
        readings = _readings(ground, worker)
        watched.metrics.readings = readings
        report = _reporter(ground, worker, readings, shutdown)
        await stack.enter_async_context(answering(connection, settings.names, report))
        stack.enter_context(_readiness(watched, shutdown))
        await stack.enter_async_context(going_round(worker.rounds, shutdown.requested))
        _tell_ready(settings, handlers, log)
        grace = settings.grace
        await worker.loop.run(worker.source, shutdown.requested, lambda: 0.0 if end.why else grace)
        await connection.flush(FLUSH_TIMEOUT)
        end.check()
    log.info("worker.stopped", worker_id=settings.worker_id)


def _tell_ready(settings: WorkerSettings, handlers: Registry, log: FilteringBoundLogger) -> None:
    log.info(
        "worker.ready",
        worker_id=settings.worker_id,
        stream=settings.names.stream,
        consumer=settings.names.consumer,
        concurrency=settings.concurrency,
        task_types=list(handlers.task_types),
    )


class _End:
    """Ends the worker where no reconnect can follow: given up by the client, or refused for good.

    One refusal alone may be a server that was set up a moment too late, or one of several.
    """

    def __init__(self, shutdown: Shutdown) -> None:
        self._shutdown = shutdown
        self._refusals = 0
        self.why = ""

    def on_link(self, change: LinkChange) -> None:
        match change.event:
            case "error" if change.refused:
                self._refusals += 1
                if self._refusals >= REFUSALS:
                    self._end(change.detail)
            case "reconnected":
                self._refusals = 0
            case "closed":
                self._end(change.detail or "the server ended the connection, and said no reason")

    def check(self) -> None:
        """Raise why the worker ended, if it was not asked to.

        Raises:
            RefusedError: the server will not have us any more.
        """
        if self.why:
            raise RefusedError(self.why)

    def _end(self, why: str) -> None:
        if not self._shutdown.requested.is_set():
            self.why = why
            self._shutdown.requested.set()


def _follow(connection: Connection, watched: Watching) -> None:
    connection.listen(watched.readiness.on_link)
    watched.readiness.clear("connection")


@contextlib.contextmanager
def _readiness(watched: Watching, shutdown: Shutdown) -> Iterator[None]:
    """Say over HTTP that tasks are taken, until the shutdown is asked for."""
    watched.readiness.clear("consumer")

    async def until_asked() -> None:
        await shutdown.requested.wait()
        watched.readiness.stands("shutdown", "the worker is stopping")

    waiting = asyncio.create_task(until_asked())
    try:
        yield
    finally:
        waiting.cancel()


@contextlib.asynccontextmanager
async def _publishing(
    settings: WorkerSettings, connection: Connection, around: Surroundings
) -> AsyncIterator[Events | None]:
    """Publish events until the block ends, the last of them included."""
    if not settings.events:
        yield None
        return
    events = Events(connection, settings.names, settings.worker_id, around)
    sending = asyncio.create_task(events.run())
    try:
        yield events
    finally:
        events.stop()
        await sending


async def _bind(binding: Binding, shutdown: Shutdown, log: FilteringBoundLogger) -> None:
    """Bind to the consumer, however long the server takes to be able to.

    An attempt is never cut off: streams and consumer are all made, or none of them.

    Raises:
        StoppedError: the shutdown was asked for.
    """
    failures = 0
    while not shutdown.requested.is_set() and (why := await _unbound(binding)):
        failures += 1
        if is_told(failures):
            log.warning("queue.not_ready", why=why, failures=failures)
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures, 10))
        await shutdown.unless_requested(asyncio.sleep(wait))
    if shutdown.requested.is_set():
        raise StoppedError


async def _unbound(binding: Binding) -> str:
    """Bind to the consumer; return why that cannot be yet, empty where it is done."""
    try:
        await binding.restore()
    except (UnreachableError, UncertainError) as error:
        return str(error)
    except ApiError as error:
        if error.code not in TEMPORARY:
            raise
        return str(error)
    return ""


def _readings(ground: Ground, worker: Worker) -> Readings:
    connection, watched, events = ground.connection, ground.watched, ground.events
    return Readings(
        in_flight=lambda: len(watched.in_flight),
        held=lambda: worker.breakers.held,
        connected=lambda: connection.is_connected,
        reconnects=lambda: connection.reconnects,
        events_dropped=lambda: 0 if events is None else events.dropped,
        loop_blocked=lambda: watched.loop_watch.stood_still,
    )


def _reporter(ground: Ground, worker: Worker, readings: Readings, shutdown: Shutdown) -> Reporter:
    def state() -> WorkerState:
        return "draining" if shutdown.requested.is_set() else "running"

    settings, watched = ground.settings, ground.watched
    who = Who(settings.worker_id, settings.names, settings.concurrency, ground.handlers.task_types)
    counts = Counts(
        watched.tally, watched.pace, watched.in_flight, readings, worker.breakers.status, state
    )
    return Reporter(who, counts, ground.around.clock)
