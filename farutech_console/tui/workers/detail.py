"""One worker in full. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.language import msg, tr
from farutech_console.operations.units import age, count, duration, millis, plural, rate
from farutech_console.tui.common.spans import Line, Span, Tone, line
from farutech_console.tui.workers.rows import NONE, is_cut, state_of
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from farutech_console.operations.fleet.view import WorkerView
    from worker.model.fleet import WorkerReport

COUNTERS: Mapping[str, str] = {
    "succeeded": msg("succeeded"),
    "retrying": msg("retrying"),
    "dead_lettered": msg("dead lettered"),
    "duplicate_skipped": msg("duplicate skipped"),
    "lost": msg("lost"),
    "handed_back": msg("handed back"),
    "attempts_exhausted": msg("attempts exhausted"),
    "permanent": msg("permanent"),
    "invalid": msg("invalid"),
    "stuck": msg("stuck"),
}
"""What a worker counts: how tasks ended, and why they died."""


def detail_lines(worker: WorkerView, now: datetime) -> list[Line]:
    """Return all there is to know of a worker."""
    seen = tr("{age} ago", age=duration(age(worker.seen_at, now)))
    lines = [
        line(state_of(worker)),
        *([_labelled(tr("worker"), literal(worker.name))] if is_cut(worker) else []),
        _labelled(tr("seen"), seen, "bad" if worker.condition == "silent" else "plain"),
        _labelled(tr("host"), literal(worker.host) or NONE),
        _labelled(tr("version"), literal(worker.version) or NONE),
        _labelled(tr("up"), duration(worker.uptime) if worker.uptime is not None else NONE),
        *([_labelled(tr("rtt"), millis(worker.rtt))] if worker.rtt is not None else []),
    ]
    if worker.report is None:
        text = tr(
            "It pulls tasks and reports nothing of itself: only what the server knows is shown."
        )
        return [*lines, line(), line(Span(text, "muted"))]
    return [*lines, *_report_lines(worker.report)]


def _report_lines(report: WorkerReport) -> list[Line]:
    pace = tr("{a} in 10 s, {b} in 60 s", a=rate(report.rate_10s), b=rate(report.rate_60s))
    lines = [
        _labelled(tr("process"), str(report.pid) if report.pid else NONE),
        _labelled(tr("types"), literal(", ".join(report.task_types)) or tr("any")),
        _labelled(tr("pace"), pace),
    ]
    if report.loop_blocked:
        stood = tr(
            "the event loop stood still for {time}: a handler blocks",
            time=duration(report.loop_blocked),
        )
        lines.append(_labelled(tr("blocked"), stood, "warn"))
    if report.events_dropped:
        dropped = tr("{n} not published", n=count(report.events_dropped))
        lines.append(_labelled(tr("events"), dropped, "warn"))
    if report.reconnects:
        lines.append(_labelled(tr("reconnects"), count(report.reconnects)))
    lines += _breaker_lines(report)
    lines += _task_lines(report)
    for title, numbers in (
        (tr("totals"), report.totals),
        (tr("dead letters"), report.dead_letters),
    ):
        if any(numbers.values()):
            lines += [line(), line(Span(title, "muted"))]
            lines += [
                _labelled(_counted(name), count(number), width=20)
                for name, number in numbers.items()
                if number
            ]
    return lines


def _breaker_lines(report: WorkerReport) -> list[Line]:
    lines: list[Line] = []
    for breaker in report.breakers:
        lines += [
            line(),
            line(Span(f"▲ {tr('{type} is held back', type=literal(breaker.task_type))}", "warn")),
            _labelled(tr("held"), plural(breaker.held, "task")),
            _labelled(tr("probe"), tr("in {time}", time=duration(breaker.probe_in))),
            _labelled(tr("error"), literal(breaker.error) or NONE, "bad"),
        ]
    return lines


def _task_lines(report: WorkerReport) -> list[Line]:
    in_hand = tr("tasks in hand · {n}", n=count(report.in_flight))
    lines = [line(), line(Span(in_hand, "muted"))]
    for task in report.tasks:
        what = tr(
            "{type} for {tenant}, attempt {n}",
            type=literal(task.task_type),
            tenant=literal(task.tenant_id),
            n=task.attempt,
        )
        lines += [
            line(Span(f"{duration(task.seconds):>8} ", "accent"), literal(task.task_id)),
            line(Span(" " * 9), Span(what, "muted")),
        ]
    if report.in_flight > len(report.tasks):
        more = tr("and {n} more", n=count(report.in_flight - len(report.tasks)))
        lines.append(line(Span(more, "muted")))
    return lines


def _counted(name: str) -> str:
    """Return what a counter of a worker is called; one that is not known is called as it is."""
    known = COUNTERS.get(name)
    return tr(known) if known else literal(name.replace("_", " "), 18)


def _labelled(label: str, text: str, tone: Tone = "plain", width: int = 11) -> Line:
    return line(Span(f"{label:<{width}}", "muted"), Span(text, tone))
