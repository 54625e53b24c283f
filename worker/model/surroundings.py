"""What a part of the worker takes from the world around it, handed in together."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from worker.model.clock import Clock

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Time, chance, and the log."""

    clock: Clock
    random: Random
    log: FilteringBoundLogger
