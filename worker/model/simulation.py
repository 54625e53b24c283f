"""How the simulated provisioning behaves: durations and failure rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LONGEST = 3600.0


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares from 0 to 1: one for every task type, and others for some of them."""

    general: float = 0.0
    by_type: Mapping[str, float] = field(default_factory=dict)

    def of(self, task_type: str) -> float:
        """Return the share for a task type."""
        return self.by_type.get(task_type, self.general)


@dataclass(frozen=True, slots=True)
class Simulation:
    """How the simulated provisioning behaves.

    `shortest` and `longest` bound how long an attempt takes, in seconds. `transient` is the share
    of attempts that fail though the next may succeed; `outage` the share of tasks whose every
    attempt fails that way; `permanent` the share of tasks refused for good. With
    `heal_on_replay` a task that came back from the dead letters succeeds.
    """

    shortest: float = 0.2
    longest: float = 1.0
    transient: Rates = field(default_factory=Rates)
    outage: Rates = field(default_factory=Rates)
    permanent: Rates = field(default_factory=Rates)
    heal_on_replay: bool = False


def parse_range(text: str) -> tuple[float, float]:
    """Return the two ends of a range of seconds such as `0.2-1.0`, or `0.5` for just that.

    Raises:
        ValueError: not numbers, below 0, or the wrong way round.
    """
    low, _, high = text.partition("-")
    try:
        shortest = float(low)
        longest = float(high) if high else shortest
    except ValueError as error:
        raise ValueError("give seconds as MIN-MAX, such as 0.2-1.0") from error
    if not 0 <= shortest <= longest <= LONGEST:
        raise ValueError(f"MIN-MAX goes from 0 to {LONGEST:g}, the smaller first")
    return shortest, longest


def parse_rates(text: str) -> Rates:
    """Return the rates in `0.1`, or in `provision=0.1,update=0.2`, or in both mixed.

    Raises:
        ValueError: a share is not a number from 0 to 1.
    """
    general = 0.0
    by_type: dict[str, float] = {}
    for part in text.split(","):
        task_type, named, share = part.strip().rpartition("=")
        if named:
            by_type[task_type] = _share(share)
        else:
            general = _share(share)
    return Rates(general, by_type)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError as error:
        raise ValueError("give a share such as 0.1, or provision=0.1,update=0.2") from error
    if not 0 <= share <= 1:
        raise ValueError("a share goes from 0 to 1")
    return share
