"""Workers as rows, and one of them in full. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.operations.units import (
    age,
    count,
    duration,
    millis,
    plural,
    rate,
    short_duration,
)
from farutech_console.tui.common.spans import Line, Span, Tone, line
from farutech_console.tui.common.table import Column
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from farutech_console.operations.fleet_view import FleetView, WorkerCondition, WorkerView
    from farutech_console.tui.common.live import Live
    from worker.model.fleet import WorkerReport
    from worker.model.state import ConsumerState

NONE = "–"  # noqa: RUF001 - a glyph
WIDE = 110
"""Columns from which version and host are shown."""

CONDITIONS: dict[WorkerCondition, tuple[str, Tone]] = {
    "running": ("● running", "ok"),
    "draining": ("◐ stopping", "warn"),
    "silent": ("✖ silent", "bad"),
}
UNREPORTED: tuple[str, Tone] = ("○ pulls", "muted")
"""Of a client that reports nothing, a Go worker for instance: the server sees it pull."""


def columns(width: int) -> tuple[Column, ...]:
    """Return the columns that fit."""
    more = (Column("version", 9), Column("host", 18)) if width >= WIDE else ()
    return (
        Column("worker"),
        Column("state", 10),
        Column("tasks", 7, right=True),
        Column("pace", 9, right=True),
        Column("done", 7, right=True),
        Column("retried", 7, right=True),
        Column("dead", 5, right=True),
        Column("up", 7, right=True),
        *more,
        Column("seen", 6, right=True),
    )


def cells(worker: WorkerView, now: datetime, width: int) -> tuple[Span, ...]:
    """Return what the columns show of one worker."""
    report = worker.report
    up = short_duration(worker.uptime) if worker.uptime is not None else NONE
    more = (
        (Span(literal(worker.version) or NONE, "muted"), Span(literal(worker.host) or NONE))
        if width >= WIDE
        else ()
    )
    return (
        Span(literal(worker.name)),
        state_of(worker),
        Span(f"{count(report.in_flight)}/{count(report.concurrency)}" if report else NONE),
        Span(rate(report.rate_10s) if report else NONE),
        *_totals(report),
        Span(up),
        *more,
        Span(short_duration(age(worker.seen_at, now)), "muted"),
    )


def state_of(worker: WorkerView) -> Span:
    """Return a worker's condition, its open breakers before all else."""
    glyph, tone = CONDITIONS[worker.condition]
    if worker.condition == "running" and worker.report is None:
        return Span(*UNREPORTED)
    if worker.condition == "running" and worker.report and worker.report.breakers:
        return Span("▲ breaker", "warn")
    return Span(glyph, tone)


def _totals(report: WorkerReport | None) -> tuple[Span, Span, Span]:
    if report is None:
        return Span(NONE), Span(NONE), Span(NONE)
    retried, dead = report.totals.get("retrying", 0), report.totals.get("dead_lettered", 0)
    return (
        Span(count(report.totals.get("succeeded", 0))),
        Span(count(retried), "warn" if retried else "plain"),
        Span(count(dead), "bad" if dead else "plain"),
    )


class WorkerRows:
    """The fleet as the table asks for it; `keys` numbers the workers, each for good."""

    def __init__(
        self, workers: Sequence[WorkerView], keys: dict[str, int], now: datetime, width: int
    ) -> None:
        self._workers, self._now, self._width = workers, now, width
        self._keys = [keys.setdefault(worker.key, len(keys)) for worker in workers]

    def __len__(self) -> int:
        """How many there are."""
        return len(self._workers)

    def key_at(self, index: int) -> int | None:
        """Return the number of the worker there."""
        return self._keys[index] if index < len(self._keys) else None

    def index_of(self, key: int) -> int:
        """Return where a worker is, the first place where it is gone."""
        return self._keys.index(key) if key in self._keys else 0

    def cells(self, index: int) -> tuple[Span, ...]:
        """Return the worker's columns."""
        return cells(self._workers[index], self._now, self._width)

    def worker(self, key: int | None) -> WorkerView | None:
        """Return the worker of this number."""
        return self._workers[self._keys.index(key)] if key in self._keys else None


def title_line(fleet: FleetView, consumer: ConsumerState | None, now: datetime) -> Line:
    """Return the line over the table: who is there, and whether tasks are delivered at all."""
    spans = [Span(" Workers  ", "strong"), Span(f"{count(len(fleet.answered))} report")]
    if fleet.clients:
        spans.append(Span(f", {count(len(fleet.clients))} pull and do not report", "muted"))
    if fleet.silent:
        spans.append(Span(f"   ✖ {count(len(fleet.silent))} silent", "bad"))
    if fleet.unreadable:
        spans.append(Span(f"   ▲ {plural(fleet.unreadable, 'answer')} unreadable", "warn"))
    spans.append(Span(f"   looked {duration(age(fleet.at, now))} ago", "muted"))
    return (*spans, *_deliveries(consumer))


def _deliveries(consumer: ConsumerState | None) -> Line:
    if consumer is None:
        return line(Span("   ✖ no consumer: nobody gets tasks", "bad"))
    if consumer.paused:
        left = duration(consumer.pause_remaining)
        return line(Span(f"   ‖ paused for another {left}: p resumes", "warn"))
    return ()


def empty_lines(live: Live, failure: str, *, asked: bool, clients_told: bool) -> list[Line]:
    """Return why the table is empty."""
    if failure:
        return [line(Span(f"▲ The workers cannot be asked: {literal(failure)}", "warn"))]
    if not live.link.connected:
        return [line(Span("✖ There is no connection, so no worker can be asked.", "bad"))]
    if not asked:
        return [line(Span("◌ Asking…", "muted"))]
    consumer = live.status.consumer if live.status else None
    lines = [line(Span("▲ No worker answers.", "warn"))]
    if consumer and consumer.waiting:
        pulls = plural(consumer.waiting, "pull request")
        lines.append(line(f"Somebody pulls all the same: {pulls} open. Go workers do not report."))
        if not clients_told:
            text = "This server does not list its clients to us, so they cannot be named."
            lines.append(line(Span(text, "muted")))
    else:
        lines.append(line("Nobody pulls tasks either. Start one: farutech-worker run"))
    return lines


def detail_lines(worker: WorkerView, now: datetime) -> list[Line]:
    """Return all there is to know of a worker."""
    seen = f"{duration(age(worker.seen_at, now))} ago"
    lines = [
        line(state_of(worker)),
        _labelled("seen", seen, "bad" if worker.condition == "silent" else "plain"),
        _labelled("host", literal(worker.host) or NONE),
        _labelled("version", literal(worker.version) or NONE),
        _labelled("up", duration(worker.uptime) if worker.uptime is not None else NONE),
        *([_labelled("rtt", millis(worker.rtt))] if worker.rtt is not None else []),
    ]
    if worker.report is None:
        text = "It pulls tasks and reports nothing of itself: only what the server knows is shown."
        return [*lines, line(), line(Span(text, "muted"))]
    return [*lines, *_report_lines(worker.report)]


def _report_lines(report: WorkerReport) -> list[Line]:
    lines = [
        _labelled("process", str(report.pid) if report.pid else NONE),
        _labelled("types", literal(", ".join(report.task_types)) or "any"),
        _labelled("pace", f"{rate(report.rate_10s)} in 10 s, {rate(report.rate_60s)} in 60 s"),
    ]
    if report.loop_blocked:
        stood = f"the event loop stood still for {duration(report.loop_blocked)}: a handler blocks"
        lines.append(_labelled("blocked", stood, "warn"))
    if report.events_dropped:
        lines.append(_labelled("events", f"{count(report.events_dropped)} not published", "warn"))
    if report.reconnects:
        lines.append(_labelled("reconnects", count(report.reconnects)))
    lines += _breaker_lines(report)
    lines += _task_lines(report)
    for title, numbers in (("totals", report.totals), ("dead letters", report.dead_letters)):
        if any(numbers.values()):
            lines += [line(), line(Span(title, "muted"))]
            lines += [
                _labelled(literal(name.replace("_", " "), 18), count(number), width=20)
                for name, number in numbers.items()
                if number
            ]
    return lines


def _breaker_lines(report: WorkerReport) -> list[Line]:
    lines: list[Line] = []
    for breaker in report.breakers:
        lines += [
            line(),
            line(Span(f"▲ {literal(breaker.task_type)} is held back", "warn")),
            _labelled("held", plural(breaker.held, "task")),
            _labelled("probe", f"in {duration(breaker.probe_in)}"),
            _labelled("error", literal(breaker.error) or NONE, "bad"),
        ]
    return lines


def _task_lines(report: WorkerReport) -> list[Line]:
    lines = [line(), line(Span(f"tasks in hand · {count(report.in_flight)}", "muted"))]
    for task in report.tasks:
        what = f"{literal(task.task_type)} for {literal(task.tenant_id)}, attempt {task.attempt}"
        lines += [
            line(Span(f"{duration(task.seconds):>8} ", "accent"), literal(task.task_id)),
            line(Span(" " * 9), Span(what, "muted")),
        ]
    if report.in_flight > len(report.tasks):
        lines.append(line(Span(f"and {count(report.in_flight - len(report.tasks))} more", "muted")))
    return lines


def _labelled(label: str, text: str, tone: Tone = "plain", width: int = 11) -> Line:
    return line(Span(f"{label:<{width}}", "muted"), Span(text, tone))
