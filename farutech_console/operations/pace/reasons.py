"""Why a run waits or was ended, as a value; each surface says it in its own language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from farutech_console.language import msg, msgn, tr, trn
from farutech_console.language.library import retold
from farutech_console.operations.units import count

Kind = Literal[
    "cancelled", "stopped", "waiting", "offline", "first_died", "first_lasts", "too_many", "blind"
]
"""`stopped` by the operator; `waiting` for the first one's end; `offline`, nothing can be sent now;
`first_died` and `first_lasts`, the canary; `too_many` died again; `blind` to what dies again."""

_WORDS: Mapping[Kind, str] = {
    "cancelled": msg("cancelled"),
    "stopped": msg("stopped by the operator"),
    "waiting": msg("waiting for the first one's end"),
    "offline": msg("no connection: it goes on once there is one"),
    "first_died": msg("the first one came back dead: nothing more was sent"),
    "first_lasts": msg(
        "the first one has not ended within {seconds} s: nothing more was sent; see whether workers"
        " run, and whether it is being retried"
    ),
    "blind": msg("nobody can tell what comes back: {error}"),
}
_TOO_MANY = msgn(
    "{n} of {sent} replayed came back dead, more than {share} %: nothing more was sent",
    "{n} of {sent} replayed came back dead, more than {share} %: nothing more was sent",
)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a run waits or was ended, with the figures of its kind; a `str` of it is in words.

    `came_back` of the `sent` letters died again, more than `share` of them, which is from 0 to 1.
    The first one had not ended after `seconds`. `error` is why nobody could look.
    """

    kind: Kind
    came_back: int = 0
    sent: int = 0
    share: float = 0.0
    seconds: float = 0.0
    error: str = ""

    def __str__(self) -> str:
        """Return it in the operator's language, without a full stop."""
        if self.kind == "too_many":
            share, sent = f"{self.share * 100:g}", count(self.sent)
            dead = self.came_back
            return trn(*_TOO_MANY, dead, n=count(dead), sent=sent, share=share)
        seconds = f"{self.seconds:g}"
        return tr(_WORDS[self.kind], seconds=seconds, error=retold(self.error))
