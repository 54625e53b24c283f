"""One delivery, one settlement: read the task, run its handler, tell the server what follows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from worker.handlers.call import Failed, call
from worker.handlers.context import TaskContext
from worker.handlers.registry import Registry
from worker.jetstream.binding import Binding
from worker.jetstream.dead_letter_writer import death_key
from worker.jetstream.settle import LostDeliveryError, Receipt
from worker.model import wire_json
from worker.model.delivery import Delivery
from worker.model.retry import Ack, Bury, Failure, Retry, RetryPolicy, Settlement, attempts_allowed
from worker.model.surroundings import Surroundings
from worker.model.task import InvalidTaskError, Task, parse_task
from worker.runtime.burial import Burials
from worker.runtime.letters import Letters, replay_count

INTERRUPTED = Failed(Failure("transient", 0.0), "interrupted: the worker shut down", "Interrupted")


@dataclass(frozen=True, slots=True)
class Ending:
    """How one delivery ends. `why` is None where the task is done."""

    task: Task
    settlement: Settlement
    why: Failed | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What a worker goes by. `task_timeout` in seconds."""

    worker_id: str
    registry: Registry
    policy: RetryPolicy
    task_timeout: float


class Executor:
    """Runs deliveries, any number at a time."""

    def __init__(
        self,
        rules: Rules,
        binding: Binding,
        burials: Burials,
        letters: Letters,
        around: Surroundings,
    ) -> None:
        """Describe the work.

        Args:
            rules: Handlers, retry policy and limits.
            binding: What the server allows.
            burials: Where tasks go that are not tried again.
            letters: What their dead letters say.
            around: Time, chance for the jitter of the backoff, and a log of each ending.
        """
        self._rules = rules
        self._binding = binding
        self._burials = burials
        self._letters = letters
        self._clock = around.clock
        self._random = around.random
        self._log = around.log

    async def execute(self, receipt: Receipt) -> None:
        """Run one delivery to its settlement. Cancelling it interrupts the handler, no more."""
        began = self._clock.monotonic()
        await self._end(receipt, await self._run(receipt.delivery, began), began)

    async def interrupt(self, receipt: Receipt) -> None:
        """End a delivery that was never begun, as if it had been interrupted."""
        task = parse_task(receipt.delivery.body)
        settlement = self._rules.policy.settle(
            INTERRUPTED.failure,
            receipt.delivery.delivery_count,
            self._allowed(task),
            self._random,
        )
        await self._end(receipt, Ending(task, settlement, INTERRUPTED), self._clock.monotonic())

    async def _end(self, receipt: Receipt, ending: Ending, began: float) -> None:
        try:
            await self._settle(receipt, ending)
        except LostDeliveryError as error:
            self._tell(receipt, ending, began).warning("delivery.lost", why=str(error))
            return
        if isinstance(ending.settlement, Ack):
            self._log.info(
                "task.done",
                task_id=ending.task.task_id,
                tenant_id=ending.task.tenant_id,
                attempt=receipt.delivery.delivery_count,
                seconds=round(self._clock.monotonic() - began, 3),
            )
        elif isinstance(ending.settlement, Retry) and ending.why is not None:
            self._tell(receipt, ending, began).warning(
                "task.retry", error=ending.why.error, delay=round(ending.settlement.delay, 3)
            )

    def may_come_again(self, delivery: Delivery) -> bool:
        """Return whether the task has attempts left after this delivery, if it is not run now."""
        try:
            task = parse_task(delivery.body)
        except InvalidTaskError:
            return False
        return delivery.delivery_count < self._allowed(task)

    def _allowed(self, task: Task) -> int:
        return attempts_allowed(task.max_retries, self._binding.current.max_deliver)

    async def _run(self, delivery: Delivery, began: float) -> Ending:
        try:
            task = parse_task(delivery.body)
        except InvalidTaskError as error:
            why = Failed(Failure("permanent"), f"not a task: {error}", "InvalidTask")
            return Ending(_salvaged(delivery.body), Bury("invalid"), why)
        allowed = self._allowed(task)
        if delivery.delivery_count > allowed:
            words = f"delivered {delivery.delivery_count} times, settled never: worker died?"
            return Ending(task, Bury("stuck"), Failed(Failure("permanent"), words, "Stuck"))
        why_not = await self._attempt(task, delivery, allowed, began)
        if why_not is None:
            return Ending(task, Ack())
        attempt = delivery.delivery_count
        settlement = self._rules.policy.settle(why_not.failure, attempt, allowed, self._random)
        return Ending(task, settlement, why_not)

    async def _attempt(
        self, task: Task, delivery: Delivery, allowed: int, began: float
    ) -> Failed | None:
        handler = self._rules.registry.find(task.task_type)
        if handler is None:
            known = ", ".join(self._rules.registry.task_types)
            words = f"unknown task type: {task.task_type} (known: {known})"
            return Failed(Failure("permanent"), words, "UnknownTaskType")
        context = TaskContext(
            attempt=delivery.delivery_count,
            attempts_allowed=allowed,
            replays=replay_count(delivery.headers),
            headers=delivery.headers,
            deadline=began + self._rules.task_timeout,
            worker_id=self._rules.worker_id,
            clock=self._clock,
            bound=_labels(task, delivery),
            logger=self._log,
        )
        try:
            return await call(handler, task, context, self._rules.task_timeout)
        except asyncio.CancelledError:
            # Only the shutdown cancels: the task is handed back, and that must not be cancelled.
            if (current := asyncio.current_task()) is not None:
                current.uncancel()
            return INTERRUPTED

    async def _settle(self, receipt: Receipt, ending: Ending) -> None:
        delivery = receipt.delivery
        match ending.settlement, ending.why:
            case Bury(reason), Failed() as why:
                letter = self._letters.letter(delivery, ending.task, reason, why)
                self._letters.forget(delivery)
                key = death_key(self._binding.current.generation, delivery.stream_sequence)
                await self._burials.begin(receipt, letter, key)
            case Retry(delay), _:
                self._letters.remember_failure(delivery)
                await receipt.nak(delay)
            case _:
                self._letters.forget(delivery)
                await receipt.ack()

    def _tell(self, receipt: Receipt, ending: Ending, began: float) -> FilteringBoundLogger:
        seconds = round(self._clock.monotonic() - began, 3)
        return self._log.bind(**_labels(ending.task, receipt.delivery), seconds=seconds)


def _labels(task: Task, delivery: Delivery) -> dict[str, str | int]:
    return {
        "task_id": task.task_id,
        "tenant_id": task.tenant_id,
        "attempt": delivery.delivery_count,
        "sequence": delivery.stream_sequence,
    }


def _salvaged(body: bytes) -> Task:
    """Return what can be read of a message that is no task."""
    try:
        return Task.salvage(wire_json.loads(body))
    except wire_json.InvalidJsonError:
        return Task()
