"""What the operator wants of the screens, beside which queue to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Call = Literal["off", "bell", "desktop", "both"]


@dataclass(frozen=True, slots=True)
class Preferences:
    """How the console shows itself.

    `environment` is what the system is called, such as prod; `call` is how an operator who looks
    elsewhere is called once the figures reach `call_dead_letters`, `call_pending`, `call_stuck` or
    `call_silent`, of which 0 is never. `in_tmux` is whether tmux stands between us and the terminal
    that is seen. `reach` are the flags with which a command reaches the same server.
    """

    environment: str = ""
    call: Call = "off"
    call_dead_letters: int = 0
    call_pending: int = 0
    call_stuck: int = 0
    call_silent: int = 0
    in_tmux: bool = False
    reach: tuple[str, ...] = ()
