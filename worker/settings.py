"""Every setting once: its name, default, environment variable and help, for flags and for files.

What counts, first wins: flag, environment, `.env`, the nats CLI's context, default.
"""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from worker.model.link import ConnectionOptions, Credentials, TlsFiles
from worker.model.names import QueueNames
from worker.nats_context import NatsContextSource


def setting(default: Any, env: str, about: str, **limits: Any) -> Any:  # noqa: ANN401 - pydantic's
    """Declare a setting read from the environment variable `env`, described by `about`."""
    return Field(default, validation_alias=AliasChoices(env), description=about, **limits)


class ConnectionSettings(BaseSettings):
    """Which server, and who we are to it. The variables are those of the nats CLI."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    server: str = setting(
        "nats://localhost:4222", "NATS_URL", "NATS server, or several separated by commas"
    )
    context: str = setting(
        "", "NATS_CONTEXT", "context of the nats CLI to take what is not given from"
    )
    user: str = setting("", "NATS_USER", "user name")
    password: SecretStr = setting(SecretStr(""), "NATS_PASSWORD", "password of the user")
    token: SecretStr = setting(SecretStr(""), "NATS_TOKEN", "token, in place of a user")
    creds: str = setting("", "NATS_CREDS", "credentials file (.creds)")
    nkey: str = setting("", "NATS_NKEY", "file with an nkey seed")
    tls_ca: str = setting("", "NATS_CA", "PEM file of the authority to trust")
    tls_cert: str = setting("", "NATS_CERT", "PEM file of our certificate")
    tls_key: str = setting("", "NATS_KEY", "PEM file of our certificate's key")
    tls_first: bool = setting(False, "NATS_TLS_FIRST", "start TLS before the server's greeting")
    js_domain: str = setting("", "NATS_JS_DOMAIN", "JetStream domain")
    js_api_prefix: str = setting("", "NATS_JS_API_PREFIX", "JetStream API prefix, for imports")
    inbox_prefix: str = setting("_INBOX", "NATS_INBOX_PREFIX", "prefix of reply subjects")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the nats CLI's context below everything that was said to us directly."""
        context = NatsContextSource(settings_cls)
        return init_settings, env_settings, dotenv_settings, file_secret_settings, context

    def connection(self, name: str) -> ConnectionOptions:
        """Return how to connect; the server lists the connection as `name`."""
        domain = f"$JS.{self.js_domain}.API" if self.js_domain else "$JS.API"
        return ConnectionOptions(
            servers=tuple(part.strip() for part in self.server.split(",") if part.strip()),
            name=name,
            credentials=Credentials(
                user=self.user,
                password=self.password.get_secret_value(),
                token=self.token.get_secret_value(),
                creds=self.creds,
                nkey=self.nkey,
            ),
            tls=TlsFiles(self.tls_ca, self.tls_cert, self.tls_key, self.tls_first),
            api_prefix=self.js_api_prefix or domain,
            inbox_prefix=self.inbox_prefix,
        )


class QueueSettings(ConnectionSettings):
    """Which work queue on the server: what worker and console have in common."""

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
