"""A system in which every text that somebody else chose is one hostile text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from farutech_console.operations.audit.log import AuditEntry
from farutech_console.operations.audit.notes import Note
from farutech_console.operations.changes.plan import Which
from farutech_console.operations.changes.undo import UndoPlan
from farutech_console.operations.fleet.view import WorkerView
from farutech_console.operations.letters.selection import ScanProgress, no_progress
from farutech_console.operations.model import Plan, PlanKind, QueueStatus, TaskEvent
from farutech_console.operations.steps import TaskStep
from farutech_console.operations.story.view import TaskStory, TaskSummary, Whereabouts
from tests.console.fixed import FixedBackend
from tests.console.fixed_fleet import some_changes, some_stuck, some_undo, some_workers
from tests.console.fixed_letters import letter
from tests.console.fixed_queue import some_status
from tests.console.moment import NOW, ago
from tests.console.test_hostile import hostile
from worker.model.fleet import BreakerReport, TaskReport, WorkerReport
from worker.model.state import ServerState


@dataclass
class HostileBackend(FixedBackend):
    """Answers with plans whose words are hostile too."""

    text: str = ""

    def _plan(self, kind: PlanKind, which: Which) -> Plan:
        plan = super()._plan(kind, which)
        names = Counter({self.text: plan.count})
        return replace(
            plan,
            task_ids=tuple(self.text for _ in plan.task_ids),
            target=self.text,
            tenants=names,
            task_types=names,
            consumer_note=self.text,
            command=self.text,
        )

    async def plan_undo(
        self, which: str = "last", progress: Callable[[ScanProgress], None] = no_progress
    ) -> UndoPlan:
        del which, progress
        text = self.text
        return replace(some_undo(), by=text, why=text, target=text, command=text)

    async def story(self, task_id: str) -> TaskStory:
        del task_id
        text = self.text
        where = Whereabouts("in_flight", text, 1, worker=text, attempt=1, detail=text)
        steps = (
            TaskStep(ago(60), "published", "stored", text, text, text),
            TaskStep(ago(50), "retrying", "worker", text, worker_id=text, detail=text),
            TaskStep(ago(40), text, "worker", text, worker_id=text, detail=text),
        )
        return TaskStory(text, text, text, (where,), steps, (text,), (text,))

    async def tenant_tasks(self, tenant_id: str, limit: int) -> tuple[TaskSummary, ...]:
        del tenant_id, limit
        return (TaskSummary(self.text, self.text, self.text, "dead", 7, ago(9), self.text),)


def hostile_world(text: str) -> HostileBackend:
    """A backend all of whose answers hold this text wherever the wire could bring one."""
    return HostileBackend(
        text=text,
        letters=[
            letter(1000 - index, hostile(text), headers={text or "h": text}, subject=text)
            for index in range(2)
        ],
        status_now=_status(text),
        link_now=replace(FixedBackend().link_now, server=text, detail=text),
        events=[
            TaskEvent(NOW, "retrying", 5, 1, text, text, text, 20.0, text),
            TaskEvent(NOW, "dead_lettered", 5, 1, text, text, text, detail=text),
        ],
        workers=_workers(text),
        changes=_changes(text),
        stuck_now=replace(
            some_stuck(),
            tasks=tuple(
                replace(each, task_id=text, tenant_id=text, task_type=text)
                for each in some_stuck().tasks
            ),
        ),
        outcome_of=lambda _: "failed",
        written_notes={"a-cause": Note("a-cause", text, text, NOW)},
    )


def _status(text: str) -> QueueStatus:
    status = some_status()
    assert status.consumer is not None
    assert status.dead_letters is not None
    return replace(
        status,
        server=ServerState(text, text, api_level=5, max_payload=1, cluster=text, domain=text),
        work_queue=replace(
            status.work_queue, name=text, subjects=(text,), leader=text, cluster=text,
            retention=text, storage=text,
        ),
        consumer=replace(status.consumer, name=text, stream=text, leader=text),
        dead_letters=replace(status.dead_letters, stream=text),
    )  # fmt: skip


def _workers(text: str) -> tuple[WorkerView, ...]:
    report = WorkerReport(
        worker_id=text,
        version=text,
        host=text,
        stream=text,
        consumer=text,
        in_flight=1,
        totals={text: 1},
        dead_letters={text: 1},
        task_types=(text,),
        tasks=(TaskReport(task_id=text, tenant_id=text, task_type=text),),
        breakers=(BreakerReport(task_type=text, state="open", held=1, error=text),),
    )
    ours, *_, client = some_workers()
    return (
        replace(ours, name=text, host=text, version=text, report=report),
        replace(client, name=text, host=text, version=text),
    )


def _changes(text: str) -> tuple[AuditEntry, ...]:
    _, purge, pause, _ = some_changes()
    words: dict[str, Any] = {"by": text, "about": text, "why": text, "command": text, "error": text}
    return (
        replace(
            purge,
            **words,
            sequences=text,
            outcomes={text: 2},
            failures=({"sequence": 1, "outcome": text, "detail": text, text: text},),
            seen_from={"ip": text, "host": text, text: text},
            details={text: text},
        ),
        replace(pause, **words, action=text),
    )
