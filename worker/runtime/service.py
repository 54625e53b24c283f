"""The whole worker, put together: one connection, one pull, one loop."""

from __future__ import annotations

import asyncio
import contextlib
from random import Random

from structlog.typing import FilteringBoundLogger

from worker.handlers.registry import Registry, registry_of
from worker.handlers.simulate import SimulatedProvisioning
from worker.jetstream.binding import Binding
from worker.jetstream.connection import Connection, connect
from worker.jetstream.dead_letter_writer import DeadLetterWriter
from worker.jetstream.errors import ApiError, UncertainError, UnreachableError
from worker.jetstream.settle import Receipt, Settlements
from worker.jetstream.source import Intake, Source
from worker.model.delivery import Delivery
from worker.model.link import LinkChange, Listener
from worker.model.retry import RetryPolicy
from worker.model.surroundings import Surroundings
from worker.runtime.burial import Burials
from worker.runtime.execute import Executor, Rules
from worker.runtime.heartbeat import Heartbeats
from worker.runtime.letters import Letters
from worker.runtime.loop import Keeping, Loop
from worker.runtime.shutdown import Shutdown, StoppedError
from worker.settings import WorkerSettings

FLUSH_TIMEOUT = 2.0
FIRST_WAIT = 0.25
LONGEST_WAIT = 5.0
TEMPORARY = (500, 503)
"""Codes of refusals that pass by themselves: JetStream is starting, or has no leader."""


async def serve(
    settings: WorkerSettings,
    registry: Registry,
    shutdown: Shutdown,
    around: Surroundings,
) -> None:
    """Run tasks by the handlers of `registry` until the shutdown is asked for; leave in order.

    Raises:
        RefusedError: wrong credentials, or no JetStream.
        ApiError: JetStream will not have the streams or the consumer.
    """
    log = around.log
    options = settings.connection(settings.worker_id)
    async with contextlib.AsyncExitStack() as stack:
        connecting = stack.enter_async_context(
            connect(options, random=around.random, listener=link_logger(log))
        )
        try:
            connection = await shutdown.unless_requested(connecting)
            binding = Binding(connection.api, settings.names, log)
            await shutdown.unless_requested(_bound(binding, log))
        except StoppedError:
            return
        loop, source = _assemble(settings, connection, binding, registry, around)
        log.info(
            "worker.ready",
            worker_id=settings.worker_id,
            stream=settings.names.stream,
            consumer=settings.names.consumer,
            concurrency=settings.concurrency,
            task_types=list(registry.task_types),
        )
        await loop.run(source, shutdown.requested, settings.grace)
        await connection.flush(FLUSH_TIMEOUT)
    log.info("worker.stopped", worker_id=settings.worker_id)


def handlers(settings: WorkerSettings, random: Random) -> Registry:
    """Return the handlers that were asked for: the user's modules, else simulated provisioning.

    Raises:
        HandlerSetupError: the modules cannot be used.
    """
    modules = [name.strip() for name in settings.handlers.split(",") if name.strip()]
    if modules:
        return registry_of(modules)
    return SimulatedProvisioning(settings.simulation, random, settings.sim_seed).registry


def link_logger(log: FilteringBoundLogger) -> Listener:
    """Return a listener that tells of the connection, each thing once."""

    def tell(change: LinkChange) -> None:
        match change.event:
            case "connected":
                log.info("nats.connected", server=change.detail)
            case "reconnected":
                log.info("nats.reconnected")
            case "disconnected":
                log.warning("nats.disconnected")
            case "trying":
                log.info("nats.trying", server=change.detail, attempt=change.attempt + 1)
            case "error":
                log.warning("nats.error", why=change.detail)
            case "closed":
                log.debug("nats.closed")

    return tell


async def _bound(binding: Binding, log: FilteringBoundLogger) -> None:
    """Bind to the consumer, however long the server takes to be able to."""
    failures = 0
    while True:
        try:
            await binding.restore()
        except (UnreachableError, UncertainError) as error:
            why = str(error)
        except ApiError as error:
            if error.code not in TEMPORARY:
                raise
            why = str(error)
        else:
            return
        failures += 1
        log.warning("queue.not_ready", why=why, failures=failures)
        await asyncio.sleep(min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures, 10)))


def _assemble(
    settings: WorkerSettings,
    connection: Connection,
    binding: Binding,
    registry: Registry,
    around: Surroundings,
) -> tuple[Loop, Source]:
    names = settings.names
    policy = RetryPolicy().scaled(settings.backoff_scale)
    heartbeats = Heartbeats(lambda: binding.current.ack_wait)
    writer = DeadLetterWriter(connection.api, names.dlq, around)
    burials = Burials(writer, heartbeats, policy.cap, around.log)
    executor = Executor(
        Rules(settings.worker_id, registry, policy, settings.task_timeout),
        binding,
        burials,
        Letters(settings.worker_id, names.tasks, around.clock),
        around,
    )

    settlements = Settlements(connection, around.clock)

    def receipt(delivery: Delivery) -> Receipt:
        return settlements.receipt(delivery, binding.current.ack_wait)

    keeping = Keeping(heartbeats, burials, settlements)
    loop = Loop(executor, keeping, receipt, settings.concurrency, around)
    source = Source(
        connection,
        (names.stream, names.consumer),
        Intake(loop.accept, loop.room, binding.restore),
        around,
    )
    return loop, source
