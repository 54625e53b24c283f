"""What rooms tell the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from farutech_console.language import tr

if TYPE_CHECKING:
    from textual.worker import Worker

    from farutech_console.operations.model import Plan


class RunRequested(Message):
    """The operator confirmed this very plan."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


class Broke(Message):
    """A background worker of a room died."""

    def __init__(self, worker: Worker[object]) -> None:
        super().__init__()
        error = type(worker.error).__name__
        name = worker.name.strip("_")
        self.what = tr("{what} died ({error}): restart", what=tr(name), error=error)


class Follow(Message):
    """The operator wants to see something in another room: what the filter finds, or all."""

    def __init__(self, room: str, evidence: str) -> None:
        super().__init__()
        self.room = room
        self.evidence = evidence
