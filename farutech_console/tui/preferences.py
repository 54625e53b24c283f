"""What the operator wants of the screens, beside which queue to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Call = Literal["off", "bell", "desktop"]


@dataclass(frozen=True, slots=True)
class Preferences:
    """How the console shows itself.

    `environment` is what the system is called, such as prod; `call` is how an operator who looks
    elsewhere is called once the figures reach `call_dead_letters`, `call_pending` or `call_stuck`,
    of which 0 is never. `reach` are the flags with which a command reaches the same server.
    """

    environment: str = ""
    call: Call = "off"
    call_dead_letters: int = 0
    call_pending: int = 0
    call_stuck: int = 0
    reach: tuple[str, ...] = ()
