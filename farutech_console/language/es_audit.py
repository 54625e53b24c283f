"""Spanish of the audit's room, and of taking a change back; the glossary is in `es.py`."""

from __future__ import annotations

from collections.abc import Mapping

AUDIT: Mapping[str, str | tuple[str, str]] = {
    # the list
    "● done": "● hecho",
    "‖ stopped": "‖ detenido",
    "✖ failed": "✖ falló",
    "▲ interrupted": "▲ interrumpido",
    "◌ under way": "◌ en marcha",
    "▲ not ended": "▲ sin fin",
    "◌ not ended": "◌ sin fin",
    "▲ some failed": "▲ hubo fallos",
    "when": "cuándo",
    "who": "quién",
    "letters": "mensajes",
    "ended": "fin",
    "about": "sobre",
    "why": "por qué",
    "{n} changes": ("{n} cambio", "{n} cambios"),
    "{n}+ changes": "{n}+ cambios",
    "read {age} ago": "leído hace {age}",
    "only changes with these words in them": "solo cambios con estas palabras",
    "a part of who, what, about, why, command, id or seq; enter": (
        "parte de quién, qué, sobre, por qué, orden, id o seq; enter"
    ),
    "There is no connection, so the audit cannot be read.": (
        "No hay conexión: no se puede leer la auditoría."
    ),
    "The audit cannot be read: {why}": "No se puede leer la auditoría: {why}",
    "Reading…": "Leyendo…",
    "Nobody has changed anything": "Nadie ha cambiado nada",
    " in the time that the audit is kept.": " en el tiempo que se guarda la auditoría.",
    "Replays, purges, pauses and all other changes appear here.": (
        "Aquí aparecen reenvíos, purgas, pausas y todos los demás cambios."
    ),
    # one of them
    "left": "pendiente",
    "nothing is half done: each letter is where it was, or done with": (
        "nada a medias: cada mensaje está donde estaba, o terminado"
    ),
    "{n} half done: the next start finishes what it can": (
        "{n} a medias: el próximo arranque termina lo que puede"
    ),
    "from": "desde",
    "began": "inicio",
    "interrupted, finished by {who} at {when}: {what}": (
        "interrumpido, lo terminó {who} el {when}: {what}"
    ),
    "command": "orden",
    "failure": "fallo",
    " and more": " y más",
    "It {does}.": "Qué hace: {does}.",
    # taking it back
    "take the change back where there is a way, with a preview": (
        "deshacer el cambio donde se puede, con vista previa"
    ),
    "take a change back: what a purge took, a pause": (
        "deshacer un cambio: lo que se purgó, una pausa"
    ),
    "The way back: {how}": "El camino de vuelta: {how}",
    "There is no way back: {why}.": "No hay vuelta atrás: {why}.",
    "It failed: nothing was changed that could be taken back.": (
        "Falló: no cambió nada que se pueda deshacer."
    ),
    "This console does not know what {what} is.": "Esta consola no sabe qué es {what}.",
    "The consumer cannot be seen: nothing is changed.": (
        "No se puede ver el consumer: no se cambia nada."
    ),
    "Deliveries go on already: the pause is over.": (
        "Las entregas ya continúan: la pausa terminó."
    ),
    "Deliveries are held already.": "Las entregas ya están retenidas.",
    "{age} ago by {who}": "hace {age}, {who}",
    "nobody said": "nadie lo dijo",
    "paused": "pausado",
    "until": "hasta",
    "of": "de",
    "file": "archivo",
    "text": "texto",
    "{what} by {who}": "{what} por {who}",
    "for another {left}": "{left} más",
    "then": "después",
    "before": "antes",
    "every worker pulls again; {n} wait": "todos los workers extraen de nuevo; {n} esperan",
    "Write the note from before": "Escribir la nota de antes",
    "Take the note away": "Quitar la nota",
    "The note is as it was.": "La nota está como estaba.",
    "written": "escrita",
    "there is none": "no hay ninguna",
    "no note": "sin nota",
    "{who} wrote it since: it is replaced": "{who} la escribió después: se sustituye",
    "Bring back {letters}": "Recuperar {letters}",
    "Bringing back {letters}": "Recuperando {letters}",
    "{stream}, under new sequences": "{stream}, con secuencias nuevas",
    "the archive forgets them in {time}": "el archivo los olvida en {time}",
    "{n} came back already": ("{n} ya volvió", "{n} ya volvieron"),
    "none are left": "no queda ninguno",
    "were seq {span}": "eran seq {span}",
    "None of the letters that it brought back lie there any more: nothing is left to do": (
        "Ninguno de los mensajes que recuperó sigue ahí: no queda nada que hacer"
    ),
    "connection {n} of {server}": "conexión {n} de {server}",
    "Undo: {what}": "Deshacer: {what}",
    "stopped: undo again for the others": "detenido: repita para los demás",
    "Stop": "Detener",
    "Stopping: those under way are finished.": "Deteniendo: se terminan los que van en curso.",
}
