"""Spanish of the room of the dead letters; the glossary is in `es.py`."""

from __future__ import annotations

from collections.abc import Mapping

_KEYS: Mapping[str, str | tuple[str, str]] = {
    "sort": "ordenar",
    "edit": "editar",
    "export": "exportar",
    "note": "nota",
    "by a column of the dead letters; up turns it round": (
        "por una columna de los mensajes muertos; up lo invierte"
    ),
    "KEY [up]": "CLAVE [up]",
    "change the task of a dead letter, and replay it": (
        "cambiar la tarea de un mensaje muerto y reenviarla"
    ),
    "write the marked dead letters to a file": (
        "escribir los mensajes muertos marcados en un archivo"
    ),
    "a note on what the dead letter died of": "una nota sobre la causa del mensaje muerto",
    "It goes at full speed.": "Va a toda velocidad.",
    "mark all from the last mark to the cursor": (
        "marcar todos desde la última marca hasta el cursor"
    ),
    "mark it, and the one below": "marcarlo, y el de abajo",
    "mark it, and the one above": "marcarlo, y el de arriba",
    "by the next column; :sort names one": "por la columna siguiente; :sort nombra una",
    "change the task of the letter, and replay it": "cambiar la tarea del mensaje y reenviarla",
    "bring back what the last purge took, with a preview": (
        "recuperar lo que se llevó la última purga, con vista previa"
    ),
    "write the marked letters to a file": "escribir los mensajes marcados en un archivo",
    "show the secrets of the letter, or hide them": (
        "mostrar los secretos del mensaje, u ocultarlos"
    ),
    "a note on the cause, for the next on-call": "una nota sobre la causa, para la próxima guardia",
    "fold what the line is in, or open it": "plegar lo que contiene la línea, o desplegarlo",
    "fold all there is, or open it": "plegar todo, o desplegarlo",
    "the run goes twice as fast": "la ejecución va el doble de rápido",
    "the run goes half as fast": "la ejecución va a la mitad de velocidad",
    " at {rate}": " a {rate}",
    "enter the letters that failed again · ": "enter los mensajes que fallaron otra vez · ",
}

_LIST: Mapping[str, str | tuple[str, str]] = {
    "indexed {indexed} of {depth}": "{indexed} de {depth} en el índice",
    "the index stands still: {why}": "el índice no avanza: {why}",
    "None among those indexed so far is like that, of {depth}.": (
        "Ninguno de los que ya están en el índice es así, de {depth}."
    ),
    "There is no letter here.": "Aquí no hay ningún mensaje.",
    "the {n} marked": ("el marcado", "los {n} marcados"),
    "the one under the cursor, seq {n}": "el que está bajo el cursor, seq {n}",
    "all that are like {filter}, those unmarked left out": (
        "todos los que cumplen {filter}, sin los desmarcados"
    ),
    "by {key}": "por {key}",
    "sort by one of {names}": "se puede ordenar por {names}",
    "newest first": "los más nuevos primero",
    "oldest first": "los más antiguos primero",
    "cause": "causa",
    "Causes · {n}": "Causas · {n}",
    "Causes of the newest {n}": "Causas de los {n} más nuevos",
    "Causes among the newest {n}": "Causas entre los {n} más nuevos",
    "(no error)": "(sin error)",
    "Causes": "Causas",
    "enter its letters · y copies · esc back": "enter sus mensajes · y copiar · esc volver",
    "enter its letters · n note · y copies · esc back": (
        "enter sus mensajes · n nota · y copiar · esc volver"
    ),
    "share": "parte",
    "first": "primero",
    "last": "último",
    "{n} letters": ("{n} mensaje", "{n} mensajes"),
    "{n} causes": ("{n} causa", "{n} causas"),
    "reading…": "leyendo…",
}

_DIALOGS: Mapping[str, str | tuple[str, str]] = {
    "written {age} ago by {by}": "escrita hace {age} por {by}",
    "Everybody sees it beside the cause, for 90 days; empty takes it away.": (
        "Todos la ven junto a la causa durante 90 días; vacía, desaparece."
    ),
    "Noted.": "Anotado.",
    "The note is gone.": "La nota ya no está.",
    "Note on a cause": "Nota sobre una causa",
    "ctrl+s keep · esc back": "ctrl+s guardar · esc volver",
    "Letter {n}, edited: {outcome}": "Mensaje {n}, editado: {outcome}",
    "esc once more throws your changes away": "esc otra vez descarta los cambios",
    "line {line}": "línea {line}",
    ", column {column}": ", columna {column}",
    "Edit the task of letter {n}": "Editar la tarea del mensaje {n}",
    "ctrl+s what was changed · esc back": "ctrl+s qué ha cambiado · esc volver",
    "a task, as it died": "una tarea, tal como murió",
    "a task, changed": "una tarea, cambiada",
    "Replay letter {n} with this task": "Reenviar el mensaje {n} con esta tarea",
    "{target}, then the letter is deleted": "{target}, después se borra el mensaje",
    "original": "original",
    "{example}, or bare words; tab completes": "{example}, o palabras sueltas; tab completa",
    "the archive keeps it for 7 days": "el archivo lo guarda 7 días",
    "Nothing was changed yet: r in the list replays the letter as it is.": (
        "Todavía no ha cambiado nada: r en la lista reenvía el mensaje tal cual."
    ),
    "▲ no task yet: ": "▲ aún no es una tarea: ",
    "why (for the next on-call)": "por qué (para la próxima guardia)",
    "Edit on": "Seguir editando",
    "Replay it": "Reenviar",
    "JSON Lines: every byte, can be imported again": (
        "JSON Lines: cada byte, se puede volver a importar"
    ),
    "CSV: for people and spreadsheets": "CSV: para personas y hojas de cálculo",
    "Export dead letters": "Exportar mensajes muertos",
    "ctrl+t JSON Lines or CSV · esc back": "ctrl+t JSON Lines o CSV · esc volver",
    "▲ the file needs a name": "▲ falta el nombre del archivo",
    "another name, or «Write over it»": "otro nombre, o «Sobrescribir»",
    "{n} exported to {place}": "{n} exportados a {place}",
    "Write over it": "Sobrescribir",
    "Export": "Exportar",
    "letters  ": "mensajes  ",
}

_LETTER: Mapping[str, str | tuple[str, str]] = {
    "Letter {n}": "Mensaje {n}",
    "enter folds · m secrets · y copies · esc back": (
        "enter pliega · m secretos · y copia · esc volver"
    ),
    "enter to scroll": "enter para recorrerlo",
    "it is gone": "ya no está",
    "Secrets are shown: m hides them.": "Los secretos están a la vista: m los oculta.",
    "Secrets are hidden.": "Los secretos están ocultos.",
    "{n} lines": ("{n} línea", "{n} líneas"),
    "▲ gone from here: it was replayed, purged or expired meanwhile; esc closes it": (
        "▲ ya no está aquí: entretanto fue reenviado, borrado o caducó; esc lo cierra"
    ),
    "▲ gone from here: {what} · {detail} · {age} ago; esc closes it": (
        "▲ ya no está aquí: {what} · {detail} · hace {age}; esc lo cierra"
    ),
    "The stream of the dead letters was made anew: no mark and no open letter stays.": (
        "El stream de los mensajes muertos se creó de nuevo: no queda marca ni mensaje abierto."
    ),
    "note by {by}, {age} ago": "nota de {by}, hace {age}",
    "{time}, {age} ago": "{time}, hace {age}",
    "in {time}, at {moment}": "en {time}, a las {moment}",
    "This letter cannot be shown: {why}": "Este mensaje no se puede mostrar: {why}",
    "no error is given": "no se indica ningún error",
    "◌ reading all attempts and replays of the task…": (
        "◌ leyendo todos los intentos y reenvíos de la tarea…"
    ),
    "there may be gaps: no {streams}": "puede haber huecos: no hay {streams}",
    "expires": "caduca",
    "… {n} characters more": "… {n} caracteres más",
    "error": "error",
    "body, {size}": "cuerpo, {size}",
    "message as it came, {size}": "mensaje tal como llegó, {size}",
    "payload": "payload",
    "other keys of the task": "otras claves de la tarea",
    "… {size} more": "… {size} más",
    "task": "tarea",
    "tenant": "tenant",
    "type": "tipo",
    "module": "módulo",
    "died": "murió",
    "{tries} of {allowed}": "{tries} de {allowed}",
    "{n}: it failed again after each": "{n}: falló otra vez después de cada uno",
    "created": "creada",
    "stored": "guardado",
    "kept": "se guarda",
    "for ever": "para siempre",
    "message": "mensaje",
    " · in the object store": " · en el object store",
    "headers": "headers",
    "tries": "intentos",
    "mostly at {address}": "sobre todo en {address}",
    "worker": "worker",
    "reason": "motivo",
    "traceback": "traceback",
    "replays": "reenvíos",
    "first fail": "1.er fallo",
    "was": "estaba en",
    "… {n} earlier": ("… {n} anterior", "… {n} anteriores"),
}

_TABLE: Mapping[str, str | tuple[str, str]] = {
    "seq": "seq",
    "expires": "caduca",
    "never": "nunca",
    "(none)": "(ninguna)",
    "«not a task»": "«no es tarea»",
    "{n} with {filter}": "{n} con {filter}",
    "{n} read, more as you scroll": "{n} leídos, más al avanzar",
    "{n} newer": "{n} más nuevos",
    "{n} marked": ("{n} marcado", "{n} marcados"),
    "all {n} marked": "{n} marcados, todos",
    "The dead letters cannot be read: {why}": "No se pueden leer los mensajes muertos: {why}",
    "A value after : is the whole text; {filter} looks for a part of it.": (
        "Un valor tras : es el texto entero; {filter} busca una parte."
    ),
    "None of the {letters} is like {filter}": "Ninguno de {letters} es como {filter}",
    "esc shows all, / changes the filter.": "esc muestra todo, / cambia el filtro.",
    "{tasks} in the queue. New letters appear here by themselves.": (
        "{tasks} en la cola. Los mensajes nuevos aparecen aquí por sí solos."
    ),
    "No dead letters": "Ningún mensaje muerto",
    "no failed task lies here now.": "ahora no hay aquí ninguna tarea fallida.",
}

DLQ: Mapping[str, str | tuple[str, str]] = {**_KEYS, **_LIST, **_DIALOGS, **_LETTER, **_TABLE}
