"""Spanish of what the worker's library says of servers; the glossary is in `es.py`."""

from __future__ import annotations

from collections.abc import Mapping

LIBRARY: Mapping[str, str | tuple[str, str]] = {
    "our user may not subscribe to {inbox}, where answers come: give an --inbox-prefix": (
        "nuestro usuario no puede suscribirse a {inbox}, donde llegan las respuestas: indique un"
        " --inbox-prefix"
    ),
    "our user may not {verb} to {subject}": "nuestro usuario no puede hacer {verb} en {subject}",
    "there is no stream {name}: start a worker, it creates it": (
        "no existe el stream {name}: al iniciar un worker, lo crea"
    ),
    "no stream takes {subject}: start a worker, it creates one": (
        "ningún stream acepta {subject}: al iniciar un worker, crea uno"
    ),
    "no NATS server answers at {server} ({why})": (
        "ningún servidor NATS responde en {server} ({why})"
    ),
    "no NATS server answers at {server}": "ningún servidor NATS responde en {server}",
    "the server refused us: {why}; check {flags}": (
        "el servidor nos rechaza: {why}; compruebe {flags}"
    ),
    "no answer in time: is it a NATS server?": "sin respuesta a tiempo: ¿es un servidor NATS?",
    "{subject}: no answer from the server": "{subject}: el servidor no responde",
    "{subject}: the connection was lost before the answer": (
        "{subject}: la conexión se perdió antes de la respuesta"
    ),
    "{subject}: nobody answers, is JetStream on?": (
        "{subject}: nadie responde, ¿está activo JetStream?"
    ),
    "{subject}: nobody answers": "{subject}: nadie responde",
    "{subject}: no stream takes this subject": "{subject}: ningún stream acepta este subject",
    "{subject}: not connected": "{subject}: sin conexión",
    "JetStream has no leader: are more than half of its cluster's servers up? ({subject})": (
        "JetStream no tiene líder: ¿está en marcha más de la mitad del cluster? ({subject})"
    ),
    "connection lost": "se perdió la conexión",
}
