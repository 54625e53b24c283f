"""Whether spans are exported, and where to: what the standard `OTEL_*` variables say."""

from __future__ import annotations

from collections.abc import Mapping

from structlog.typing import FilteringBoundLogger

from worker.telemetry.tracing import Tracing

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
SPOKEN = "http/protobuf"


def set_up_tracing(
    environ: Mapping[str, str],
    subject: str,
    identity: Mapping[str, str],
    log: FilteringBoundLogger,
) -> Tracing | None:
    """Return what the standard `OTEL_*` variables ask for, None for no tracing.

    Spans go out where an OTLP endpoint or `OTEL_TRACES_EXPORTER=otlp` is set, and neither
    `OTEL_SDK_DISABLED=true` nor `OTEL_TRACES_EXPORTER=none` is. The provider is made the process's
    own, so that what a handler's libraries trace comes along.

    Args:
        environ: The environment.
        subject: Where tasks come from.
        identity: Resource attributes of the worker; the environment's count more.
        log: Told why nothing is traced though it was asked for.
    """
    if not is_wanted(environ):
        return None
    try:
        from worker.telemetry.otel import exporting
    except ImportError as error:
        log.warning("tracing.off", why=str(error), hint="pip install 'farutech-console[otel]'")
        return None
    protocol = next((environ[name] for name in PROTOCOLS if environ.get(name)), SPOKEN)
    if protocol != SPOKEN:
        log.warning("tracing.protocol", asked=protocol, spoken=SPOKEN, hint="port 4318, not 4317")
    log.info("tracing.on", endpoint=next((environ[n] for n in ENDPOINTS if environ.get(n)), ""))
    return exporting(subject, identity)


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Return whether the environment asks for spans to be exported."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporters = environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if exporters:
        return "otlp" in exporters.split(",")
    return any(environ.get(name) for name in ENDPOINTS)
