"""What a problem of the queue is, and how grave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grade = Literal["bad", "warn"]
ProblemKind = Literal["queue", "stuck", "dead_letters", "backlog", "workers", "deaf", "clock"]
GRADE_WORDS: dict[Grade, str] = {"bad": "PROBLEM", "warn": "WARNING"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that an operator should know. `kind` is what it is of.

    `room` has its evidence; `evidence` is the filter or the text that finds it there, empty for
    all. `brief` is what a headline says of it, empty where that is the text.
    """

    grade: Grade
    text: str
    room: str = ""
    kind: ProblemKind = "queue"
    evidence: str = ""
    brief: str = ""
