"""What watches a delivery, told in one place: events, counts, spans, and what runs now.

For each delivery of a task: `received`, which gives an `Observed`; `with` that around the handler;
`failed` inside, where it failed; and in the end the one method that names how the delivery ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from worker.handlers.failed import Failed
from worker.jetstream.fleet.events import Events, TaskEvents
from worker.model.clock import Clock
from worker.model.dead_letter import DeadLetter, Reason
from worker.model.delivery import Delivery
from worker.model.event import TaskFacts
from worker.model.names import REPLAYED_BY
from worker.model.task import Task
from worker.model.trace_context import trace_id
from worker.telemetry.in_flight import InFlight
from worker.telemetry.tally import Outcome, Tally
from worker.telemetry.tracing import AttemptSpan, SendSpan, Tracing


@dataclass(frozen=True, slots=True)
class Views:
    """Who is told. `tracing` and `events` are None where there are none."""

    tally: Tally
    in_flight: InFlight
    tracing: Tracing | None
    events: Events | None


class Observer:
    """Makes the observer of each delivery. `worker_id` and `dlq` name worker and DLQ subject."""

    def __init__(self, views: Views, worker_id: str, dlq: str, clock: Clock) -> None:
        self.views = views
        self.worker_id = worker_id
        self.dlq = dlq
        self.clock = clock

    def received(self, task: Task, delivery: Delivery, replays: int) -> Observed:
        """A task came; it waited since `delivery.received_at`."""
        return Observed(self, task, delivery, replays)

    def swept(self, letter: DeadLetter, sequence: int) -> None:
        """A stuck task became a dead letter: the one that was message `sequence` of the queue."""
        reason = letter.reason or "stuck"
        self.views.tally.ended(letter.task.task_type, "dead_lettered")
        self.views.tally.buried(reason)
        if self.views.events is not None:
            facts = self._facts_of(letter, sequence)
            self.views.events.of(facts).dead_lettered(reason, letter.error)

    def swept_as_done(self, letter: DeadLetter, sequence: int, message: str) -> None:
        """A stuck task had been done; it is gone without a dead letter."""
        self.views.tally.ended(letter.task.task_type, "duplicate_skipped")
        if self.views.events is not None:
            self.views.events.of(self._facts_of(letter, sequence)).duplicate_skipped(message)

    def _facts_of(self, letter: DeadLetter, sequence: int) -> TaskFacts:
        task = letter.task
        return TaskFacts(
            task.task_id,
            task.tenant_id,
            task.task_type,
            letter.final_attempt,
            sequence,
            self.worker_id,
        )


class Observed:
    """One delivery of a task, from its coming to its end. Used inside `with` while it is run."""

    __slots__ = (
        "_began",
        "_delivery",
        "_facts",
        "_letter",
        "_observer",
        "_replays",
        "_seconds",
        "_slot",
        "_span",
        "_steps",
        "_told",
    )

    def __init__(self, observer: Observer, task: Task, delivery: Delivery, replays: int) -> None:
        self._observer = observer
        self._delivery = delivery
        self._replays = replays
        self._seconds: float | None = None
        self._began = 0.0
        self._slot: asyncio.Task[object] | None = None
        self._span: AttemptSpan | None = None
        self._letter: SendSpan | None = None
        self._told = False
        facts = (
            task.task_id,
            task.tenant_id,
            task.task_type,
            delivery.delivery_count,
            delivery.stream_sequence,
            observer.worker_id,
        )
        # As `TaskFacts(...)`, which takes twice as long.
        self._facts = tuple.__new__(TaskFacts, facts)
        events = observer.views.events
        self._steps = None if events is None else events.of(self._facts)

    @property
    def headers(self) -> Mapping[str, str]:
        """The message's headers, with this attempt as the trace's latest step once it ran."""
        return self._delivery.headers if self._span is None else self._span.headers

    @property
    def trace_id(self) -> str:
        """The trace that the task belongs to, empty for none."""
        return trace_id(self._delivery.headers) if self._span is None else self._span.trace_id

    @property
    def replays(self) -> int:
        """How often the task came back from the dead letters."""
        return self._replays

    @property
    def began(self) -> float:
        """When the handler began, in monotonic seconds; 0 before."""
        return self._began

    @property
    def seconds(self) -> float:
        """How long the handler ran, 0 where it did not."""
        return self._seconds or 0.0

    def in_slot(self, slot: asyncio.Task[object]) -> Self:
        """Name the asyncio task that runs it, to be said before `with`."""
        self._slot = slot
        return self

    def __enter__(self) -> Self:
        """The handler begins."""
        observer, facts = self._observer, self._facts
        self._began = began = observer.clock.monotonic()
        observer.views.in_flight.enter(self._slot, facts, began)
        if (tracing := observer.views.tracing) is not None:
            self._span = tracing.attempt(self._delivery.headers, facts, self._replays)
            self._span.__enter__()
        if self._steps is not None:
            if not (self._told or self._replays):
                self._told = True
                self._steps.taken_up(self._delivery.received_at, began)
            elif steps := self._announced():
                steps.started(began)
        return self

    def __exit__(self, *error: Any) -> None:
        """The handler ended, or was cancelled."""
        observer = self._observer
        self._seconds = observer.clock.monotonic() - self._began
        observer.views.in_flight.leave(self._slot)
        if self._span is not None:
            self._span.__exit__(*error)

    def progress(self, share: float, message: str) -> None:
        """The handler says how far it is, from 0 to 1; on the event loop only."""
        if self._steps is not None:
            self._steps.progress(share, message)
        if self._span is not None:
            self._span.note("progress", share=share, message=message)

    def failed(self, why: Failed) -> None:
        """The handler failed; to be said before the `with` ends."""
        if self._span is not None:
            self._span.failed(why.error, why.error_type, why.traceback)

    def held(self, error: str = "") -> None:
        """The delivery waits in hand for a circuit breaker; `error` is how it failed, if it did."""
        if steps := self._announced():
            steps.held(error)

    def succeeded(self) -> None:
        """It was acknowledged."""
        self._count("succeeded")
        if steps := self._announced():
            steps.succeeded(self.seconds)

    def retrying(self, delay: float, why: Failed, backoff: float) -> None:
        """It was given back and comes again after `delay` seconds, `backoff` after it failed."""
        self._count("retrying")
        self._observer.views.tally.backed_off(backoff)
        if steps := self._announced():
            steps.retrying(delay, why.error)

    def duplicate_skipped(self, message: str) -> None:
        """It was not run: done before, or being done elsewhere."""
        self._count("duplicate_skipped")
        if steps := self._announced():
            steps.duplicate_skipped(message)

    def handed_back(self) -> None:
        """It was given back at once, unrun or interrupted, because the worker stops."""
        self._count("handed_back")

    def lost(self) -> None:
        """The server may have given it to another worker: it was not settled."""
        self._count("lost")
        if self._letter is not None:
            self._letter.end("the delivery was lost")

    def burying(self, reason: Reason) -> Mapping[str, str]:
        """Its dead letter is being published; return the headers for it."""
        tracing = self._observer.views.tracing
        if tracing is None:
            return self._delivery.headers
        self._letter = tracing.sending(self._observer.dlq, self.headers, reason=reason)
        return self._letter.headers

    def buried(self, reason: Reason, error: str) -> None:
        """Its dead letter is stored, and it is terminated."""
        self._count("dead_lettered")
        self._observer.views.tally.buried(reason)
        if self._letter is not None:
            self._letter.end()
        if steps := self._announced():
            steps.dead_lettered(reason, error)

    def _announced(self) -> TaskEvents | None:
        """Return who publishes, the coming of the task told at least."""
        if self._steps is not None and not self._told:
            self._told = True
            now = self._observer.clock.monotonic()
            self._steps.received(self._delivery.received_at, now, self._again())
        return self._steps

    def _again(self) -> str:
        """Return, at its first delivery, who sent the task back to work; nothing for nobody."""
        if not self._replays or self._facts.attempt > 1:
            return ""
        by = self._delivery.headers.get(REPLAYED_BY, "")
        return f"replay {self._replays}" + (f" by {by}" if by else "")

    def _count(self, outcome: Outcome) -> None:
        self._observer.views.tally.ended(self._facts.task_type, outcome, self._seconds)
