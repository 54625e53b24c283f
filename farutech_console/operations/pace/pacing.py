"""How a plan is to be carried out: rate, canary, and when to stop, as an operator says it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from farutech_console.language import tr
from worker.model.replay import Unknown

SMALLEST_SAMPLE = 10
"""Replayed letters before their share that came back is judged."""
CANARY_WAIT = 300.0
"""Seconds that the first letter's task gets to end, unless the operator says otherwise."""

_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}
_RATE = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*/\s*(s|min|h)")
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)\s*%")


@dataclass(frozen=True, slots=True)
class Rate:
    """So many letters in a unit of time, `s`, `min` or `h`."""

    count: float
    unit: str = "s"

    @property
    def per_second(self) -> float:
        """Letters/s."""
        return self.count / _UNITS[self.unit]

    def __str__(self) -> str:
        """Return it as `--rate` takes it."""
        return f"{self.count:g}/{self.unit}"


def parse_rate(text: str) -> Rate:
    """Return the rate in words such as `50/s`, `10/min` or `2/h`.

    Raises:
        ValueError: it is none.
    """
    match = _RATE.fullmatch(text.strip())
    if match is None or not float(match[1]):
        raise ValueError(tr("{text} is no rate: say 50/s, 10/min or 2/h", text=repr(text)))
    return Rate(float(match[1]), match[2])


def parse_share(text: str) -> float:
    """Return the share in words such as `20%`, from 0 to 1.

    Raises:
        ValueError: it is none.
    """
    match = _SHARE.fullmatch(text.strip())
    if match is None or float(match[1]) > 100:
        raise ValueError(tr("{text} is no share: say 20%", text=repr(text)))
    return float(match[1]) / 100


@dataclass(frozen=True, slots=True)
class Pacing:
    """How a plan is to be carried out.

    `rate` is None for as fast as it goes. With `canary` one letter goes first, and the others once
    its task has ended well, at most `canary_wait` seconds later. `stop_share` ends the run once
    more than that share of the replayed, of at least `SMALLEST_SAMPLE`, came back dead; 0 at the
    first one. `unknown` is what to do with letters of which nobody can tell whether they were sent.
    """

    rate: Rate | None = None
    canary: bool = False
    canary_wait: float = CANARY_WAIT
    stop_share: float | None = None
    unknown: Unknown = "keep"

    @property
    def sample(self) -> int:
        """How many must have been replayed before `stop_share` is judged."""
        return SMALLEST_SAMPLE if self.stop_share else 0

    def words(self) -> tuple[str, ...]:
        """Return the command line's words for it."""
        words: list[str] = ["--rate", str(self.rate)] if self.rate else []
        if self.canary:
            words.append("--canary")
            if self.canary_wait != CANARY_WAIT:
                words += ["--canary-wait", f"{self.canary_wait:g}s"]
        if self.stop_share is not None:
            words += ["--stop-on-failure", f"{self.stop_share * 100:g}%"]
        if self.unknown != "keep":
            words += ["--unknown", self.unknown]
        return tuple(words)

    def __str__(self) -> str:
        """Return it in words for people."""
        parts = [str(self.rate) if self.rate else tr("as fast as it goes")]
        if self.canary:
            parts.append(tr("the first one alone"))
        if self.stop_share == 0:
            parts.append(tr("stop at the first that dies again"))
        elif self.stop_share is not None:
            share = f"{self.stop_share * 100:g}"
            parts.append(tr("stop if more than {share} % die again", share=share))
        return ", ".join(parts)
