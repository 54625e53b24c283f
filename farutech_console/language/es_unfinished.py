"""Spanish of what is told of interrupted runs."""

from __future__ import annotations

from collections.abc import Mapping

UNFINISHED: Mapping[str, str | tuple[str, str]] = {
    "the look for what was interrupted": "la búsqueda de lo interrumpido",
    "Of an earlier run": "De una ejecución anterior",
    "What an earlier run left could not be finished: {why}.": (
        "No se pudo terminar lo que dejó una ejecución anterior: {why}."
    ),
    "Finished an interrupted purge by {who}: {letters}.": (
        "Se terminó una purga interrumpida de {who}: {letters}."
    ),
    "Finished an interrupted undo or import by {who}: {letters}.": (
        "Se terminó un deshacer o una importación interrumpidos de {who}: {letters}."
    ),
    "Finished an interrupted replay by {who}: {sent} had been sent before, {now} were sent now.": (
        "Se terminó un reenvío interrumpido de {who}: enviados antes {sent}, ahora {now}."
    ),
    "finishes an interrupted replay by {who}": "termina un reenvío interrumpido de {who}",
    "{n} letters of an interrupted replay could not be finished: {why}.": (
        "{n} mensaje de un reenvío interrumpido no se pudo terminar: {why}.",
        "{n} mensajes de un reenvío interrumpido no se pudieron terminar: {why}.",
    ),
    (
        "Of {n} letters nobody can tell whether an interrupted replay sent them ({which}): "
        "farutech-console dlq replay --help says how to settle it, under --unknown."
    ): (
        "De {n} mensaje no se puede saber si un reenvío interrumpido lo envió ({which}): "
        "farutech-console dlq replay --help dice cómo resolverlo, en --unknown.",
        "De {n} mensajes no se puede saber si un reenvío interrumpido los envió ({which}): "
        "farutech-console dlq replay --help dice cómo resolverlo, en --unknown.",
    ),
    (
        "The edits of {n} letters were interrupted, perhaps before they were sent ({which}): "
        "edit them again."
    ): (
        "La edición de {n} mensaje se interrumpió, quizá antes de enviarlo ({which}): "
        "edítese otra vez.",
        "La edición de {n} mensajes se interrumpió, quizá antes de enviarlos ({which}): "
        "edítense otra vez.",
    ),
}
