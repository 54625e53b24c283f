"""What the passive feed is made of."""

from __future__ import annotations

from typing import Literal

HeardKind = Literal["task", "dead_letter", "acknowledgement", "exhausted"]
