"""The console's own settings, beside those of the queue."""

from __future__ import annotations

from worker.settings import QueueSettings, setting


class ConsoleSettings(QueueSettings):
    """What the console and its commands can be told."""

    read_only: bool = setting(False, "FARUTECH_READ_ONLY", "refuse everything that would write")
