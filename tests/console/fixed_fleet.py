"""Workers and changes that are fixed, for the rooms that show them."""

from __future__ import annotations

from typing import Any

from farutech_console.operations.audit.log import AuditEntry
from farutech_console.operations.changes.undo import UndoPlan
from farutech_console.operations.fleet.view import WorkerView
from farutech_console.operations.steps import TaskStep
from farutech_console.operations.story.view import SummaryPlace, TaskStory, TaskSummary, Whereabouts
from farutech_console.operations.stuck.view import StuckTask, StuckView
from tests.console.moment import ago
from worker.model.fleet import BreakerReport, TaskReport, WorkerReport
from worker.model.stuck import SpentTask, StuckTasks, Tally


def _report(number: int, **more: Any) -> WorkerReport:
    return WorkerReport(
        worker_id=f"worker-{number:03d}",
        version="0.1.0",
        host=f"node-{number}.eu-west",
        pid=4_000 + number,
        uptime=3_600.0 * number + 140,
        stream="PROVISIONING",
        consumer="provisioning-worker",
        concurrency=10,
        rate_10s=2.5 * number,
        rate_60s=2.2 * number,
        totals={"succeeded": 8_121 * number, "retrying": 214 * number, "dead_lettered": 3 * number},
        dead_letters={"attempts_exhausted": 2 * number, "permanent": number},
        task_types=("deprovision", "provision", "update"),
        **more,
    )


def some_workers() -> tuple[WorkerView, ...]:
    """At work, with an open breaker, about to stop, silent, and one of the Go fleet."""
    tasks = tuple(
        TaskReport.of(
            f"b852e263-f02c-4256-afe9-{index:012d}",
            f"acme-corp-{index}",
            "provision",
            attempt=index + 1,
            stream_sequence=100_000 + index,
            seconds=12.5 * (index + 1),
        )
        for index in range(3)
    )
    breaker = BreakerReport(
        task_type="update",
        state="open",
        probe_in=8.0,
        held=12,
        error="provisioning API answered 503",
    )
    reports = (
        _report(1, in_flight=3, tasks=tasks),
        _report(2, in_flight=1, held=12, breakers=(breaker,), loop_blocked=2.4, reconnects=1),
        _report(3, state="draining", in_flight=2),
    )
    conditions = ("running", "running", "draining")
    ours = tuple(
        WorkerView(
            key=f"worker-{number}",
            kind="farutech",
            name=report.worker_id,
            condition=condition,  # type: ignore[arg-type]
            seen_at=ago(0),
            host=report.host,
            version=report.version,
            uptime=report.uptime,
            rtt=0.0012,
            report=report,
        )
        for number, (report, condition) in enumerate(zip(reports, conditions, strict=True))
    )
    silent = WorkerView("worker-9", "farutech", "worker-009", "silent", ago(95), "node-9.eu-west")
    go = WorkerView("client-7", "client", "provisioning-go", "running", ago(1), "10.0.4.17", "1.31")
    return (*ours, silent, go)


def some_changes() -> tuple[AuditEntry, ...]:
    """A replay, a purge that was stopped, a pause that failed, and a replay without an end."""
    by, origin = "ana@bastion-2", {"ip": "10.0.4.20", "client": 17, "server": "s1"}
    return (
        AuditEntry(
            id="0d52bf0e6c1f4c5f8b1f6a5b50a1b1c4",
            action="replay",
            by=by,
            began_at=ago(7),
            ended_at=None,
            state="open",
            sequence=9,
            about="343 dead letters of PROVISIONING_DLQ",
            command="farutech-console dlq replay 'error:~refused'",
            count=343,
            sequences="88120-88462",
            seen_from=origin,
        ),
        AuditEntry(
            id="1d52bf0e6c1f4c5f8b1f6a5b50a1b1c4",
            action="purge",
            by="luis@laptop-7",
            began_at=ago(3_700),
            ended_at=ago(3_690),
            state="stopped",
            sequence=7,
            about="22 dead letters of PROVISIONING_DLQ",
            why="duplicates of the import of last night",
            command="farutech-console dlq purge --seq 88101 --seq 88102",
            count=22,
            sequences="88101-88122",
            outcomes={"purged": 20, "already": 1, "failed": 1},
            failures=({"sequence": 88_119, "outcome": "failed", "detail": "no answer in 5 s"},),
            seen_from=origin,
        ),
        AuditEntry(
            id="2d52bf0e6c1f4c5f8b1f6a5b50a1b1c4",
            action="pause",
            by=by,
            began_at=ago(90_000),
            ended_at=ago(89_995),
            state="failed",
            sequence=5,
            about="provisioning-worker for 15 min",
            why="database maintenance",
            command="farutech-console pause 15m",
            error="this server cannot pause a consumer: it is older than 2.11",
            seen_from=origin,
        ),
        AuditEntry(
            id="3d52bf0e6c1f4c5f8b1f6a5b50a1b1c4",
            action="replay",
            by=by,
            began_at=ago(200_000),
            ended_at=None,
            state="open",
            sequence=3,
            about="1 dead letter of PROVISIONING_DLQ",
            command="farutech-console dlq replay --seq 87001",
            count=1,
            sequences="87001",
            half_done=0,
        ),
    )


def some_story(task_id: str) -> TaskStory:
    """A task that failed twice, died, and was sent again."""
    steps = (
        TaskStep(ago(7_900), "published", "stored", task_id),
        TaskStep(
            ago(7_899), "retrying", "worker", task_id, attempt=1, worker_id="worker-001",
            delay=10.0, seconds=1.2, detail="connection refused: acme-db:5432",
        ),
        TaskStep(
            ago(7_860), "dead_lettered", "worker", task_id, attempt=5, worker_id="worker-002",
            detail="connection refused: acme-db:5432 [/red]",
        ),
        TaskStep(ago(120), "replayed", "stored", task_id, detail="by ana@bastion-2"),
        TaskStep(ago(119), "started", "worker", task_id, attempt=1, worker_id="worker-001"),
    )  # fmt: skip
    where = Whereabouts("in_flight", "PROVISIONING", 100_583, worker="worker-001", attempt=1)
    return TaskStory(
        task_id, "acme-corp-1", "provision", (where,), steps, ("events",), ("archive",)
    )


def some_undo() -> UndoPlan:
    """A purge of three letters, an hour ago."""
    return UndoPlan(
        id="1d52bf0e6c1f4c5f8b1f6a5b50a1b1c4",
        by="luis@laptop-7",
        why="duplicates of the import of last night",
        purged_at=ago(3_690),
        until=ago(-600_000),
        generation="g1",
        sequences=(88_101, 88_102, 88_105),
        came_back=0,
        target="PROVISIONING_DLQ",
        command="farutech-console dlq undo 1d52bf0e",
    )


def some_stuck() -> StuckView:
    """Three tasks that are stuck for sure, one of them no task; two more may be."""
    tasks = [
        StuckTask(
            sequence=88_110 + 7 * index,
            certain=index < 3,
            task_id="" if index == 2 else f"c3d1e263-f02c-4256-afe9-{index:012d}",
            tenant_id="" if index == 2 else f"acme-corp-{index % 4}",
            task_type="" if index == 2 else "provision",
            deliveries=5 if index < 2 else None,
            stored_at=ago(4_000 - 700 * index),
            since=ago(1_240 - 100 * index) if index < 2 else None,
            delivered_by=ago(1_240 - 100 * index) if index < 3 else None,
        )
        for index in range(5)
    ]
    certain = tuple(SpentTask(one.sequence, one.deliveries) for one in tasks[:3])
    found = StuckTasks(Tally(3, 4), certain, "in_part", tuple(x.sequence for x in tasks[3:]), True)
    return StuckView(found, tuple(tasks))


def some_tasks(tenant: str = "acme-corp-1") -> tuple[TaskSummary, ...]:
    """The tasks of a tenant, the latest first."""
    places: tuple[SummaryPlace, ...] = ("queue", "dead", "done", "archived", "gone")
    return tuple(
        TaskSummary(
            task_id=f"7bea0a77-2dc6-4b53-bdfb-{index:012d}",
            tenant_id=tenant,
            task_type="migrate" if index % 3 == 1 else "provision",
            place=places[index % len(places)],
            sequence=90_000 - index if index % 5 in (0, 1, 3) else 0,
            at=ago(40 + 400 * index),
            event=("retrying", "dead_lettered", "succeeded", "", "started")[index % 5],
        )
        for index in range(12)
    )
