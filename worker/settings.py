"""Every setting once: its name, default, environment variable and help, for flags and for files.

What counts, first wins: flag, environment, `.env`, the nats CLI's context, default.
"""

from __future__ import annotations

from random import Random
from typing import Literal

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from worker.model.breaker import BreakerPolicy
from worker.model.link import ConnectionOptions, Credentials, TlsFiles, parse_servers
from worker.model.names import QueueNames, check_name, check_subject
from worker.model.retry import RetryPolicy
from worker.model.simulation import Simulation, parse_range, parse_rates
from worker.nats_context import NatsContextSource
from worker.setting_fields import FILE, NamedVariables, setting

_NAMES = QueueNames()
_SIMULATION = Simulation()
_BACKOFF = RetryPolicy(jitter=0.0)
_WAITS = " ".join(f"{_BACKOFF.delay(attempt, Random(0)):g}" for attempt in range(1, 6))


class ConnectionSettings(BaseSettings):
    """Which server, and who we are to it. The variables are those of the nats CLI."""

    # Built when first asked for: a program has one kind of settings, and there are several.
    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, populate_by_name=True, defer_build=True
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
    creds: str = setting("", "NATS_CREDS", "credentials file (.creds)", **FILE)
    nkey: str = setting("", "NATS_NKEY", "file with an nkey seed", **FILE)
    tls_ca: str = setting("", "NATS_CA", "PEM file of the authority to trust", **FILE)
    tls_cert: str = setting("", "NATS_CERT", "PEM file of our certificate", **FILE)
    tls_key: str = setting("", "NATS_KEY", "PEM file of our certificate's key", **FILE)
    tls_first: bool = setting(False, "NATS_TLS_FIRST", "start TLS before the server's greeting")
    js_domain: str = setting("", "NATS_JS_DOMAIN", "JetStream domain")
    js_api_prefix: str = setting("", "NATS_JS_API_PREFIX", "JetStream API prefix, for imports")
    inbox_prefix: str = setting("_INBOX", "NATS_INBOX_PREFIX", "prefix of reply subjects")

    @field_validator("js_domain")
    @classmethod
    def _check_name(cls, text: str) -> str:
        return text and check_name(text)

    @field_validator("js_api_prefix")
    @classmethod
    def _check_api_prefix(cls, text: str) -> str:
        return text and check_subject(text)

    @field_validator("inbox_prefix")
    @classmethod
    def _check_inbox_prefix(cls, text: str) -> str:
        return check_subject(text)

    @field_validator("server")
    @classmethod
    def _check_server(cls, text: str) -> str:
        parse_servers(text)
        return text

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
        return (
            init_settings,
            NamedVariables(settings_cls, env_settings),
            NamedVariables(settings_cls, dotenv_settings),
            file_secret_settings,
            NatsContextSource(settings_cls),
        )

    def connection(self, name: str) -> ConnectionOptions:
        """Return how to connect; the server lists the connection as `name`."""
        domain = f"$JS.{self.js_domain}.API" if self.js_domain else "$JS.API"
        return ConnectionOptions(
            servers=parse_servers(self.server),
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

    stream: str = setting(_NAMES.stream, "FARUTECH_STREAM", "work-queue stream")
    prefix: str = setting(
        _NAMES.prefix, "FARUTECH_PREFIX", "prefix of the subjects of tasks and dead letters"
    )
    consumer: str = setting("", "FARUTECH_CONSUMER", "pull consumer (default: PREFIX-worker)")
    dlq_stream: str = setting("", "DLQ_STREAM", "stream of dead letters (default: STREAM_DLQ)")

    @field_validator("stream")
    @classmethod
    def _check_stream(cls, text: str) -> str:
        return check_name(text)

    @field_validator("prefix")
    @classmethod
    def _check_prefix(cls, text: str) -> str:
        return check_subject(text)

    @field_validator("consumer", "dlq_stream")
    @classmethod
    def _check_names(cls, text: str) -> str:
        return text and check_name(text)

    @property
    def names(self) -> QueueNames:
        """The names on the server."""
        return QueueNames(self.stream, self.prefix, self.consumer, self.dlq_stream)


class WorkerSettings(QueueSettings):
    """How one worker works. Times in seconds."""

    worker_id: str = setting("worker-001", "WORKER_ID", "name of this worker", min_length=1)
    concurrency: int = setting(
        10, "FARUTECH_CONCURRENCY", "tasks that run at once", ge=1, le=10_000
    )
    backoff_scale: float = setting(
        1.0,
        "FARUTECH_BACKOFF_SCALE",
        f"factor for the waits between attempts ({_WAITS} s, {_BACKOFF.cap:g} at most)",
        gt=0,
        le=1000,
    )
    task_timeout: float = setting(
        900.0, "FARUTECH_TASK_TIMEOUT", "seconds after which an attempt has failed", gt=0
    )
    grace: float = setting(
        30.0, "FARUTECH_GRACE", "seconds that running tasks get to finish at shutdown", ge=0
    )
    handlers: str = setting(
        "", "FARUTECH_HANDLERS", "Python modules with your handlers, separated by commas"
    )
    handler: Literal["", "simulate", "http", "exec"] = setting(
        "",
        "FARUTECH_HANDLER",
        "a built-in handler instead: http, exec or simulate (what is run where nothing is said)",
    )
    http_url: str = setting("", "FARUTECH_HTTP_URL", "where the http handler POSTs each task")
    http_headers: SecretStr = setting(
        SecretStr(""),
        "FARUTECH_HTTP_HEADERS",
        "headers that it sends, `Name: value`, separated by line breaks (or \\n)",
    )
    http_timeout: float = setting(
        60.0, "FARUTECH_HTTP_TIMEOUT", "seconds that it waits for a byte of the answer", gt=0
    )
    exec_program: str = setting(
        "",
        "FARUTECH_EXEC_PROGRAM",
        "program that the exec handler runs for each task, with its arguments; no shell",
    )
    exec_failure: Literal["transient", "permanent"] = setting(
        "transient",
        "FARUTECH_EXEC_FAILURE",
        "what an exit code other than 0 and 75 means: transient or permanent",
    )
    ledger: bool = setting(
        True, "FARUTECH_LEDGER", "keep in a ledger what was done, so that nothing is done twice"
    )
    sweep_interval: float = setting(
        15.0,
        "FARUTECH_SWEEP_INTERVAL",
        "seconds between two looks for stuck tasks and unfinished replays; 0: never",
        ge=0,
    )
    events: bool = setting(True, "FARUTECH_EVENTS", "publish an event for each step of a task")
    breaker_failures: int = setting(
        BreakerPolicy().failures,
        "FARUTECH_BREAKER_FAILURES",
        "different tasks of a type that fail in a row before the type is held back; 0: never",
        ge=0,
        le=1000,
    )
    http: str = setting(
        "127.0.0.1:8080",
        "FARUTECH_HTTP",
        "address of /healthz, /readyz and /metrics as HOST:PORT (port 0: any), or off",
    )
    log_level: Literal["debug", "info", "warning", "error"] = setting(
        "info", "FARUTECH_LOG_LEVEL", "debug, info, warning or error"
    )
    log_format: Literal["auto", "json", "text"] = setting(
        "auto", "FARUTECH_LOG_FORMAT", "json, text, or auto: text on a terminal"
    )
    sim_duration: str = setting(
        f"{_SIMULATION.shortest}-{_SIMULATION.longest}",
        "FARUTECH_SIM_DURATION",
        "seconds a simulated attempt takes, as MIN-MAX",
    )
    sim_transient: str = setting(
        "0",
        "FARUTECH_SIM_TRANSIENT",
        "share of simulated attempts that fail, as 0.1 or provision=0.1,update=0.2",
    )
    sim_outage: str = setting(
        "0",
        "FARUTECH_SIM_OUTAGE",
        "share of simulated tasks that fail in every attempt, likewise",
    )
    sim_permanent: str = setting(
        "0", "FARUTECH_SIM_PERMANENT", "share of simulated tasks refused for good, likewise"
    )
    sim_seed: int = setting(0, "FARUTECH_SIM_SEED", "which simulated tasks fail")
    heal_on_replay: bool = setting(
        False, "FARUTECH_HEAL_ON_REPLAY", "simulated tasks succeed once they are replayed"
    )

    @field_validator("sim_duration")
    @classmethod
    def _check_duration(cls, text: str) -> str:
        parse_range(text)
        return text

    @field_validator("sim_transient", "sim_outage", "sim_permanent")
    @classmethod
    def _check_rates(cls, text: str) -> str:
        parse_rates(text)
        return text

    @property
    def simulation(self) -> Simulation:
        """How the simulated provisioning behaves."""
        shortest, longest = parse_range(self.sim_duration)
        return Simulation(
            shortest,
            longest,
            transient=parse_rates(self.sim_transient),
            outage=parse_rates(self.sim_outage),
            permanent=parse_rates(self.sim_permanent),
            heal_on_replay=self.heal_on_replay,
        )
