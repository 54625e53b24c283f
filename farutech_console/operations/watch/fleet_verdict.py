"""What is wrong with the workers, in words. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from farutech_console.language import tr, trn
from farutech_console.operations.causes.causes import cause_of
from farutech_console.operations.units import age, duration
from farutech_console.operations.watch.problem import Grade, Problem
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from farutech_console.operations.fleet.view import FleetView, WorkerView


def fleet_problems(fleet: FleetView, now: datetime) -> list[Problem]:
    """Return who fell silent, and what workers hold back."""
    broken = sorted(_open_breakers(fleet).items())
    return [
        *(_silent(worker, now) for worker in fleet.silent),
        *(_broken(task_type, errors) for task_type, errors in broken),
    ]


def _silent(worker: WorkerView, now: datetime) -> Problem:
    """Who had nothing in hand may have been stopped in order: the server does not tell."""
    name, since = literal(worker.name, 40), duration(age(worker.seen_at, now))
    brief = tr("{name} is silent", name=name)
    text = tr("{name} is silent since {since}", name=name, since=since)
    idle = worker.report is not None and not worker.report.in_flight + worker.report.held
    if idle:
        text += tr(", stopped or dead; it had no task in hand")
    grade: Grade = "warn" if idle else "bad"
    return Problem(grade, text, "workers", "workers", worker.name, brief)


def _broken(task_type: str, errors: Sequence[str]) -> Problem:
    """Tell of a breaker what most workers opened it for; `errors` has an entry for each."""
    brief = trn(
        "the breaker of {kind} is open at {n} worker",
        "the breaker of {kind} is open at {n} workers",
        len(errors),
        kind=literal(task_type, 40),
    )
    [(why, _)] = Counter(cause_of("", error).text for error in errors).most_common(1)
    text = f"{brief}: {literal(why)}" if why else brief
    return Problem("warn", text, "workers", "workers", task_type, brief)


def _open_breakers(fleet: FleetView) -> dict[str, list[str]]:
    """Return of each task type that is held back what each worker said of it last."""
    found: dict[str, list[str]] = {}
    for worker in fleet.answered:
        for breaker in worker.report.breakers if worker.report else ():
            found.setdefault(breaker.task_type, []).append(breaker.error)
    return found
