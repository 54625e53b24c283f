"""What a worker answers to a delivery, as anyone in the account can overhear it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

AckKind = Literal["ack", "nak", "term", "in_progress"]
NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """An answer. `delay` in seconds is what a nak asked for, `reason` what a term gave."""

    kind: AckKind
    delay: float | None = None
    reason: str = ""


def read_acknowledgement(body: bytes) -> Acknowledgement:
    """Return the answer in the payload of a message on `$JS.ACK.>`.

    As the server does, take what is not known, and the empty payload, for an ack.
    """
    if body.startswith(b"-NAK"):
        return Acknowledgement("nak", delay=_delay(body[4:]))
    if body.startswith(b"+TERM"):
        return Acknowledgement("term", reason=body[5:].strip().decode("utf-8", "replace"))
    if body.startswith(b"+WPI"):
        return Acknowledgement("in_progress")
    return Acknowledgement("ack")


def _delay(options: bytes) -> float:
    try:
        asked = json.loads(options).get("delay", 0)
    except (ValueError, AttributeError, RecursionError):
        return 0.0
    return asked / NANOSECONDS if isinstance(asked, int) and asked > 0 else 0.0
