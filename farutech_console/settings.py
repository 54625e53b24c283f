"""The console's own settings, beside those of the queue."""

from __future__ import annotations

from typing import Literal

from worker.settings import QueueSettings, setting


class ConsoleSettings(QueueSettings):
    """What the console and its commands can be told."""

    read_only: bool = setting(False, "FARUTECH_READ_ONLY", "refuse everything that would write")
    environment: str = setting(
        "",
        "FARUTECH_ENVIRONMENT",
        "what this system is, such as prod or staging: shown in the header of every screen, and "
        "with prod destructive plans ask for the stream's name",
        max_length=24,
    )
    lang: Literal["", "en", "es"] = setting(
        "", "FARUTECH_LANG", "language of the console: en or es (default: the locale's)"
    )
