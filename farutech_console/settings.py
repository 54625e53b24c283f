"""The console's own settings, beside those of the queue."""

from __future__ import annotations

import os
from typing import Literal

from worker.model.link import without_user
from worker.nats_context import config_home, context_of
from worker.setting_fields import setting
from worker.settings import QueueSettings

_REACH = (
    *("server", "user", "creds", "nkey", "tls_ca", "tls_cert", "tls_key"),
    *("js_domain", "js_api_prefix", "inbox_prefix"),
)


class ConsoleSettings(QueueSettings):
    """What the console and its commands can be told."""

    read_only: bool = setting(False, "FARUTECH_READ_ONLY", "refuse everything that would write")
    environment: str = setting(
        "",
        "FARUTECH_ENVIRONMENT",
        "what this system is, such as prod or staging: shown in the header of every screen, and "
        "with prod destructive plans ask for the stream's name (default: as far as the name of the "
        "nats CLI's context tells)",
        max_length=24,
    )
    lang: Literal["", "en", "es"] = setting(
        "",
        "FARUTECH_LANG",
        "language of the console: en or es (default: the locale's); commands speak English",
    )
    call: Literal["off", "bell", "desktop", "both"] = setting(
        "off",
        "FARUTECH_CALL",
        "call who looks elsewhere, once whenever a figure comes to reach its threshold: bell, "
        "desktop (a notification, where the terminal knows how; in tmux with allow-passthrough "
        "on), both, or off",
    )
    call_dead_letters: int = setting(
        1, "FARUTECH_CALL_DEAD_LETTERS", "dead letters from which to call, 0 for never", ge=0
    )
    call_pending: int = setting(
        0, "FARUTECH_CALL_PENDING", "pending tasks from which to call, 0 for never", ge=0
    )
    call_stuck: int = setting(
        1, "FARUTECH_CALL_STUCK", "stuck tasks from which to call, 0 for never", ge=0
    )
    call_silent: int = setting(
        1, "FARUTECH_CALL_SILENT", "silent workers from which to call, 0 for never", ge=0
    )

    @property
    def context_in_use(self) -> str:
        """The context of the nats CLI that the server is from, empty where it is from none."""
        return context_of(self.server, self.context, config_home(os.environ))

    @property
    def reach(self) -> tuple[str, ...]:
        """Flags with which a command reaches the same server from any shell; secrets are left out.

        It is guarded as here, too: what the system was said to be goes along. Empty where it needs
        none.
        """
        words = ["--environment", self.environment] if self.environment else []
        if self.context_in_use:
            return (*words, "--context", self.context_in_use)
        for name in _REACH:
            value = getattr(self, name)
            if value != type(self).model_fields[name].default:
                told = without_user(value) if name == "server" else value
                words += [f"--{name.replace('_', '-')}", told]
        return (*words, *(["--tls-first"] if self.tls_first else []))
