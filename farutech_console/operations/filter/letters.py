"""What a filter reads of a letter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol


class Letter(Protocol):
    """A dead letter as far as a filter asks; texts are empty where nothing is said."""

    @property
    def sequence(self) -> int:
        """Its sequence in the stream."""

    @property
    def died_at(self) -> datetime:
        """When the worker gave the task up."""

    @property
    def expires_at(self) -> datetime | None:
        """When the server drops it, None for never."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers it was published with."""

    @property
    def body(self) -> bytes:
        """Its bytes."""

    @property
    def value(self) -> Mapping[str, Any] | None:
        """The whole letter as JSON values, None where it cannot be read as a dead letter."""

    @property
    def task_id(self) -> str:
        """The task's id."""

    @property
    def tenant_id(self) -> str:
        """The tenant's id."""

    @property
    def task_type(self) -> str:
        """The task's type."""

    @property
    def module_id(self) -> str:
        """The module's id."""

    @property
    def payload(self) -> Mapping[str, Any] | None:
        """What the task carries."""

    @property
    def error(self) -> str:
        """Why the task died, or why the letter cannot be read."""

    @property
    def error_type(self) -> str:
        """The error's class."""

    @property
    def reason(self) -> str:
        """Why the task was given up."""

    @property
    def worker_id(self) -> str:
        """The worker that gave it up."""

    @property
    def attempts(self) -> int:
        """How many deliveries the task had."""

    @property
    def replays(self) -> int:
        """How often the task was replayed before."""
