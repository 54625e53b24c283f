"""The queue judged by thresholds, as monitoring plugins do: one state, one line, figures. Pure.

Conduct and output follow the guidelines of the Monitoring Plugins project: exit codes 0 to 3, one
line of text, and performance data `'label'=value[unit];warn;crit;min`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from farutech_console.operations.units import age, duration, plural
from farutech_console.operations.watch.overview import Overview

State = Literal["OK", "WARNING", "CRITICAL", "UNKNOWN"]
EXIT_CODES: Mapping[State, int] = {"OK": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3}
SERVICE = "FARUTECH"


class ThresholdError(ValueError):
    """The text is no pair of thresholds; it says why."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which value on a figure is a warning, and from which it is critical; None for never.

    With `fewest` it is the other way round: below that value.
    """

    warning: float | None = None
    critical: float | None = None
    fewest: bool = False

    def judge(self, value: float) -> State:
        """Return the state of a figure."""
        if self._is_beyond(value, self.critical):
            return "CRITICAL"
        return "WARNING" if self._is_beyond(value, self.warning) else "OK"

    def shown(self) -> str:
        """Return both as performance data has them."""
        return ";".join(
            "" if limit is None else f"{limit:g}{':' * self.fewest}"
            for limit in (self.warning, self.critical)
        )

    def _is_beyond(self, value: float, limit: float | None) -> bool:
        if limit is None:
            return False
        return value < limit if self.fewest else value > limit


def read_threshold(text: str, *, fewest: bool = False) -> Threshold:
    """Return the thresholds in `WARN,CRIT`; either may be left out: `10`, `10,`, `,50`.

    Raises:
        ThresholdError: it is none.
    """
    warning, _, critical = text.partition(",")
    try:
        limits = [float(part) if part.strip() else None for part in (warning, critical)]
    except ValueError as error:
        raise ThresholdError(f"{text!r} is not WARN,CRIT: two numbers, either left out") from error
    if any(limit is not None and not 0 <= limit < 1e15 for limit in limits):
        raise ThresholdError(f"{text!r}: thresholds are not negative")
    warns, ends = limits
    if warns is not None and ends is not None and (warns < ends if fewest else warns > ends):
        # What was swapped by mistake would never warn.
        raise ThresholdError(f"{text!r}: WARN comes before CRIT, the milder one first")
    return Threshold(warns, ends, fewest=fewest)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What is judged, and by what; the defaults are those of the command's flags."""

    lag: Threshold = Threshold()
    dlq_depth: Threshold = Threshold(warning=0)
    oldest_letter: Threshold = Threshold()
    stuck: Threshold = Threshold(critical=0)
    silent: Threshold = Threshold(critical=0)
    workers: Threshold = Threshold(critical=1, fewest=True)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its limits. `value` is None where it is not known."""

    label: str
    value: float | None
    threshold: Threshold
    words: str
    unit: str = ""

    @property
    def state(self) -> State:
        """The state that it alone gives."""
        return "OK" if self.value is None else self.threshold.judge(self.value)

    def shown(self) -> str:
        """Return it as performance data."""
        value = "U" if self.value is None else f"{self.value:.10g}{self.unit}"
        return f"'{self.label}'={value};{self.threshold.shown()};0"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check came to: its state and the line that it prints."""

    state: State
    line: str


def check(seen: Overview, silent: tuple[str, ...], limits: Thresholds, now: datetime) -> Verdict:
    """Return the worst state of all figures and problems, and the line that says so."""
    figures = tuple(_figures(seen, silent, limits, now))
    worse: list[tuple[State, str]] = [(x.state, x.words) for x in figures if x.state != "OK"]
    worse += [
        ("CRITICAL" if problem.grade == "bad" else "WARNING", problem.text)
        for problem in seen.problems
        if problem.kind in ("queue", "workers")
    ]
    worse.sort(key=lambda one: -EXIT_CODES[one[0]])
    state = worse[0][0] if worse else "OK"
    told = "; ".join(dict.fromkeys(words for _, words in worse)) or _well(figures)
    return Verdict(state, _line(state, told, figures))


def unknown(why: str) -> Verdict:
    """Return the verdict where nothing could be judged."""
    return Verdict("UNKNOWN", _line("UNKNOWN", why, ()))


def _figures(
    seen: Overview, silent: tuple[str, ...], limits: Thresholds, now: datetime
) -> Iterator[Figure]:
    status = seen.status
    lag = status.consumer.pending if status.consumer else None
    yield Figure("lag", lag, limits.lag, f"{plural(lag or 0, 'task')} pending")
    dead = status.dead_letters
    depth = dead.depth if dead else None
    yield Figure("dlq_depth", depth, limits.dlq_depth, plural(depth or 0, "dead letter"))
    oldest = round(age(dead.oldest_at, now), 1) if dead and dead.oldest_at else 0.0
    words = f"the oldest dead letter is {duration(oldest)} old"
    yield Figure("oldest_letter", oldest if dead else None, limits.oldest_letter, words, "s")
    stuck = status.known_stuck
    yield Figure("stuck", stuck, limits.stuck, f"{plural(stuck or 0, 'task')} stuck")
    yield Figure(
        "silent", len(silent), limits.silent, f"silent with tasks in hand: {', '.join(silent)}"
    )
    workers = len(seen.fleet.answered) + len(seen.fleet.clients)
    yield Figure("workers", workers, limits.workers, plural(workers, "worker"))


def _well(figures: tuple[Figure, ...]) -> str:
    told = {figure.label: figure.words for figure in figures}
    return ", ".join(told[label] for label in ("lag", "dlq_depth", "workers"))


def _line(state: State, told: str, figures: tuple[Figure, ...]) -> str:
    # A bar begins the performance data, so that none may stand before it.
    text = f"{SERVICE} {state} - {told}".replace("|", "/")
    data = " ".join(figure.shown() for figure in figures)
    return f"{text} | {data}" if data else text
