"""Workers as rows, and one of them in full. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from farutech_console.language import msg, tr, trn
from farutech_console.language.library import retold
from farutech_console.operations.units import (
    age,
    count,
    duration,
    plural,
    rate,
    short_duration,
)
from farutech_console.tui.common.looked import looked
from farutech_console.tui.common.spans import Line, Span, Tone, line
from farutech_console.tui.common.tablerows import Column
from farutech_console.tui.common.waiting import no_connection
from worker.model.cells import fit_ends, width_of
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from farutech_console.operations.fleet.view import FleetView, WorkerCondition, WorkerView
    from farutech_console.tui.common.live import Live
    from worker.model.fleet import WorkerReport

NONE = "–"  # noqa: RUF001 - a glyph
WIDE = 110
"""Columns from which version and host are shown."""
ROOMY = 100
"""Columns from which successes and uptime are shown: a worker's name needs the room before them."""
LEAST = 72
"""Columns from which pace and retries are shown."""
LONGEST_NAME, LONGEST_STEP = 40, 21
"""Cells that a worker's name may take over its pane, and as a step of the trail."""
OLD = timedelta(seconds=10)
"""From when on what was seen of the fleet is marked as old: several looks brought nothing."""

CONDITIONS: dict[WorkerCondition, tuple[str, Tone]] = {
    "running": (msg("● running"), "ok"),
    "draining": (msg("◐ stopping"), "warn"),
    "silent": (msg("✖ silent"), "bad"),
}
BREAKER: tuple[str, Tone] = (msg("▲ breaker"), "warn")
UNREPORTED: tuple[str, Tone] = (msg("○ pulls"), "muted")
"""Of a client that reports nothing, a Go worker for instance: the server sees it pull."""


def columns(width: int) -> tuple[Column, ...]:
    """Return the columns that fit."""
    more = (Column(tr("version"), 9), Column(tr("host"), 18)) if width >= WIDE else ()
    roomy, least = width >= ROOMY, width >= LEAST
    return (
        Column(tr("worker"), ends=True),
        Column(tr("state"), 10),
        Column(tr("tasks"), 7, right=True),
        *((Column(tr("pace"), 9, right=True),) if least else ()),
        *((Column(tr("ok"), 7, right=True),) if roomy else ()),
        *((Column(tr("retried"), 7, right=True),) if least else ()),
        Column(tr("dead"), 6, right=True),
        *((Column(tr("up"), 7, right=True),) if roomy else ()),
        *more,
        Column(tr("seen"), 6, right=True),
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
    succeeded, retried, dead = _totals(report)
    roomy, least = width >= ROOMY, width >= LEAST
    return (
        Span(literal(worker.name)),
        state_of(worker),
        Span(f"{count(report.in_flight)}/{count(report.concurrency)}" if report else NONE),
        *((Span(rate(report.rate_10s) if report else NONE),) if least else ()),
        *((succeeded,) if roomy else ()),
        *((retried,) if least else ()),
        dead,
        *((Span(up),) if roomy else ()),
        *more,
        Span(short_duration(age(worker.seen_at, now)), "muted"),
    )


def short_name(worker: WorkerView, width: int = LONGEST_NAME) -> str:
    """Return a worker's name, its middle cut where it is long."""
    return fit_ends(literal(worker.name), width).rstrip()


def is_cut(worker: WorkerView) -> bool:
    """Return whether a worker's name is too long to be shown whole."""
    return width_of(literal(worker.name)) > LONGEST_NAME


def state_of(worker: WorkerView) -> Span:
    """Return a worker's condition, its open breakers before all else."""
    words, tone = CONDITIONS[worker.condition]
    if worker.condition == "running" and worker.report is None:
        words, tone = UNREPORTED
    elif worker.condition == "running" and worker.report and worker.report.breakers:
        words, tone = BREAKER
    return Span(tr(words), tone)


def texts_of(worker: WorkerView) -> Iterator[str]:
    """Yield what a worker can be found by: itself, its state, its types and tasks in hand."""
    yield from (worker.name, worker.host, worker.version, state_of(worker).text)
    if worker.report is not None:
        yield from worker.report.task_types
        for task in worker.report.tasks:
            yield from (task.task_id, task.tenant_id, task.task_type)
        for breaker in worker.report.breakers:
            yield from (breaker.task_type, breaker.error)


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


def is_old(fleet: FleetView, live: Live, failure: str, now: datetime) -> bool:
    """Return whether newer should be known of the fleet than what is shown."""
    return bool(failure) or not live.link.connected or now - fleet.at > OLD


def title_line(
    fleet: FleetView,
    live: Live,
    now: datetime,
    found: Line = (),
    failure: str = "",
    *,
    read_only: bool = False,
) -> Line:
    """Return the line over the table: who is there, and whether tasks are delivered at all.

    `found` says how many are shown where only some are; `failure` why the last look failed.
    """
    reporting, silent = len(fleet.answered), len(fleet.silent)
    report = Span("   " + trn("{n} report", "{n} report", reporting, n=count(reporting)))
    spans = [Span(f" {tr('Workers')}", "strong"), *(found or (report,))]
    if silent:
        told = trn("{n} silent", "{n} silent", silent, n=count(silent))
        spans.append(Span(f"   ✖ {told}", "bad"))
    if fleet.unreadable:
        unreadable = tr("{answers} unreadable", answers=plural(fleet.unreadable, "answer"))
        spans.append(Span(f"   ▲ {unreadable}", "warn"))
    if stopped := _deliveries(live, read_only=read_only):
        spans += [Span("   "), *stopped]
    told = tr("{age} ago", age=duration(age(fleet.at, now)))
    spans.append(looked(told, failure, stale=is_old(fleet, live, failure, now)))
    if clients := len(fleet.clients):
        more = trn(
            "{n} pulls and does not report",
            "{n} pull and do not report",
            clients,
            n=count(clients),
        )
        spans.append(Span(f"   {more}", "muted"))
    return tuple(spans)


def _deliveries(live: Live, *, read_only: bool) -> Line:
    """Return what is wrong with the delivery of tasks, as far as that could be read."""
    status = live.status
    if status is None:
        unread = tr("the consumer is not read yet")
        failed = tr("the consumer cannot be read: {why}", why=literal(live.failure))
        return line(Span(f"▲ {failed}", "warn") if live.failure else Span(f"◌ {unread}"))
    if status.consumer is None:
        if "consumer" in status.unread:
            return line(Span(f"▲ {tr('our user may not look at the consumer')}", "warn"))
        return line(Span(f"✖ {tr('no consumer: nobody gets tasks')}", "bad"))
    if status.consumer.paused:
        left = duration(status.consumer.pause_remaining)
        resumes = tr("paused, {left} left: p resumes", left=left)
        paused = tr("paused, {left} left", left=left) if read_only else resumes
        return line(Span(f"‖ {paused}", "warn"))
    return ()


def why_not_paused(live: Live) -> str:
    """Return why there is no consumer that could be paused, in words."""
    if live.status is None:
        return tr("The consumer is not read yet: there is nothing to pause.")
    if "consumer" in live.status.unread:
        why = literal(retold(live.status.unread["consumer"]))
        return tr("Our user may not look at the consumer: {why}", why=why)
    return tr(
        "No consumer could be paused: there is none. farutech-worker topology apply creates it."
    )


def empty_lines(
    live: Live, failure: str, now: datetime, *, asked: bool, clients_told: bool
) -> list[Line]:
    """Return why the table is empty."""
    if not live.link.connected:
        return no_connection(live, tr("There is no connection, so no worker can be asked."), now)
    if failure:
        told = tr("The workers cannot be asked: {why}", why=literal(failure))
        return [line(Span(f"▲ {told}", "warn"))]
    if not asked:
        return [line(Span(f"◌ {tr('Asking…')}", "muted"))]
    consumer = live.status.consumer if live.status else None
    lines = [line(Span(f"▲ {tr('No worker answers.')}", "warn"))]
    if consumer and consumer.waiting:
        pulls = plural(consumer.waiting, "pull request")
        told = tr(
            "Somebody pulls all the same: {pulls} open. Go workers do not report.", pulls=pulls
        )
        lines.append(line(told))
        if not clients_told:
            text = tr("This server does not list its clients to us, so they cannot be named.")
            lines.append(line(Span(text, "muted")))
    elif consumer:
        text = tr("Nobody pulls tasks either. Start one: farutech-worker run --handlers MODULE")
        lines.append(line(text))
    else:
        lines.append(_deliveries(live, read_only=True))
    return lines
