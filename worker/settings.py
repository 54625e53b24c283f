"""Every setting once: its name, default, environment variable and help, for flags and for files.

What counts, first wins: flag, environment, `.env`, default.
"""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from worker.model.link import ConnectionOptions
from worker.model.names import QueueNames


def setting(default: Any, env: str, about: str, **limits: Any) -> Any:  # noqa: ANN401 - pydantic's
    """Declare a setting read from the environment variable `env`, described by `about`."""
    return Field(default, validation_alias=AliasChoices(env), description=about, **limits)


class QueueSettings(BaseSettings):
    """Which server, and which work queue on it: what worker and console have in common."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    server: str = setting(
        "nats://localhost:4222", "NATS_URL", "NATS server, or several separated by commas"
    )
    stream: str = setting("PROVISIONING", "FARUTECH_STREAM", "work-queue stream")
    prefix: str = setting(
        "provisioning", "FARUTECH_PREFIX", "prefix of the subjects of tasks and dead letters"
    )
    consumer: str = setting("", "FARUTECH_CONSUMER", "pull consumer (default: PREFIX-worker)")
    dlq_stream: str = setting("", "DLQ_STREAM", "stream of dead letters (default: STREAM_DLQ)")

    @property
    def names(self) -> QueueNames:
        """The names on the server."""
        return QueueNames(self.stream, self.prefix, self.consumer, self.dlq_stream)

    def connection(self, name: str) -> ConnectionOptions:
        """Return how to connect; the server lists the connection as `name`."""
        servers = tuple(part.strip() for part in self.server.split(",") if part.strip())
        return ConnectionOptions(servers=servers, name=name)
