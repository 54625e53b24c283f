"""Spanish, merged from one module for each part of the console.

Keys are the English texts, of numbered ones the plural; values of those are pairs.

What stays English, since the field says it so: stream, consumer, worker, ack pending, ack floor,
backoff, breaker, canary, payload, header, traceback, host, rtt, JSON, NATS, JetStream; the words
of the filter language (`tenant:`, `error:`), names of commands, flags and keys.

What has one Spanish word everywhere:

    archive        archivo              overview       resumen
    attempt        intento              pending        pendientes
    audit          auditoría            purge          purga, purgar
    cause          causa                read-only      solo lectura
    dead letter    mensaje muerto       replay         reenvío, reenviar
    died           murió                retry          reintento
    export         exportar             run            ejecución
    failed         falló                stuck          atascada
    in flight      en curso             task           tarea
    letter         mensaje              undo           deshacer
    live           en vivo              undecodable    ilegible
    mark, marked   marcar, marcado      unknown        desconocido

Sentences are impersonal or address nobody; a key is asked for as in «pulse r». Quotation marks are
«». Times keep the signs of the units: s, min, h, d.
"""

from __future__ import annotations

from farutech_console.language.es_audit import AUDIT
from farutech_console.language.es_common import COMMON
from farutech_console.language.es_dlq import DLQ
from farutech_console.language.es_library import LIBRARY
from farutech_console.language.es_no_task import NO_TASK
from farutech_console.language.es_operations import OPERATIONS
from farutech_console.language.es_unfinished import UNFINISHED
from farutech_console.language.es_watching import WATCHING
from farutech_console.language.es_workers import WORKERS

PARTS = (COMMON, OPERATIONS, DLQ, UNFINISHED, WATCHING, AUDIT, WORKERS, LIBRARY, NO_TASK)
"""A text that two parts need has the same Spanish in both, or stands in `COMMON` alone."""

SPANISH: dict[str, str | tuple[str, str]] = {
    text: spanish for part in PARTS for text, spanish in part.items()
}
