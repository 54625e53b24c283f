"""Spanish of the workers' room; the glossary is in `es.py`."""

from __future__ import annotations

from collections.abc import Mapping

WORKERS: Mapping[str, str | tuple[str, str]] = {
    # the list
    "● running": "● activo",
    "◐ stopping": "◐ parando",
    "✖ silent": "✖ mudo",
    "▲ breaker": "▲ breaker",
    "○ pulls": "○ extrae",
    "worker": "worker",
    "state": "estado",
    "tasks": "tareas",
    "pace": "ritmo",
    "retried": "reint.",
    "up": "activo",
    "version": "versión",
    "host": "host",
    "seen": "visto",
    "ok": "bien",
    "{n} report": ("{n} informa", "{n} informan"),
    "{n} pull and do not report": ("{n} extrae sin informar", "{n} extraen sin informar"),
    "{n} silent": ("{n} mudo", "{n} mudos"),
    "{answers} unreadable": "{answers} ilegibles",
    "{n} answers": ("{n} respuesta", "{n} respuestas"),
    "{n} pull requests": ("{n} petición de tareas", "{n} peticiones de tareas"),
    "the consumer is not read yet": "el consumer aún no se ha leído",
    "the consumer cannot be read: {why}": "no se puede leer el consumer: {why}",
    "our user may not look at the consumer": "nuestro usuario no puede ver el consumer",
    "no consumer: nobody gets tasks": "no hay consumer: nadie recibe tareas",
    "paused, {left} left": "en pausa {left} más",
    "paused, {left} left: p resumes": "en pausa {left} más: p reanuda",
    "only workers with these words in them": "solo workers con estas palabras",
    "a part of a worker's name, host, version, state, type or task; enter": (
        "parte del nombre, host, versión, estado, tipo o tarea de un worker; enter"
    ),
    # why it is empty
    "There is no connection, so no worker can be asked.": (
        "No hay conexión: no se puede preguntar a ningún worker."
    ),
    "The workers cannot be asked: {why}": "No se puede preguntar a los workers: {why}",
    "Asking…": "Preguntando…",
    "No worker answers.": "Ningún worker responde.",
    "Somebody pulls all the same: {pulls} open. Go workers do not report.": (
        "Alguien extrae de todos modos: {pulls} en espera. Los workers de Go no informan."
    ),
    "This server does not list its clients to us, so they cannot be named.": (
        "Este servidor no nos muestra sus clientes: no se pueden nombrar."
    ),
    "Nobody pulls tasks either. Start one: farutech-worker run --handlers MODULE": (
        "Tampoco extrae tareas nadie. Para arrancar uno: farutech-worker run --handlers MODULE"
    ),
    # one of them
    "{age} ago": "hace {age}",
    "rtt": "rtt",
    "process": "proceso",
    "any": "cualquiera",
    "{a} in 10 s, {b} in 60 s": "{a} en 10 s, {b} en 60 s",
    "blocked": "bloqueado",
    "the event loop stood still for {time}: a handler blocks": (
        "el bucle de eventos se detuvo {time}: un handler bloquea"
    ),
    "events": "eventos",
    "{n} not published": "{n} sin publicar",
    "reconnects": "reconexión",
    "totals": "totales",
    "dead letters": "mensajes muertos",
    "{type} is held back": "{type} está retenido",
    "probe": "sondeo",
    "in {time}": "en {time}",
    "error": "error",
    "tasks in hand · {n}": "tareas en mano · {n}",
    "{type} for {tenant}, attempt {n}": "{type} para {tenant}, intento {n}",
    "It pulls tasks and reports nothing of itself: only what the server knows is shown.": (
        "Extrae tareas y no informa de sí mismo: solo se muestra lo que sabe el servidor."
    ),
    "succeeded": "con éxito",
    "retrying": "reintentada",
    "dead lettered": "muertas",
    "duplicate skipped": "duplicadas",
    "lost": "perdidas",
    "handed back": "devueltas",
    "attempts exhausted": "sin intentos",
    "permanent": "permanentes",
    "invalid": "no válidas",
    # the pause
    "Pause {name}": "Pausar {name}",
    "Resume {name}": "Reanudar {name}",
    "Resume": "Reanudar",
    "why (for the next on-call)": "por qué (para la próxima guardia)",
    "or for how long: 90s, 45m, 2h, 1h30m; 7 d at most": (
        "o por cuánto tiempo: 90s, 45m, 2h, 1h30m; 7 d como máximo"
    ),
    "as typed": "lo escrito",
    "choose for how long": "elija por cuánto tiempo",
    "{text} is no length of time: 90s, 45m, 2h, 1h30m": (
        "{text} no es una duración: 90s, 45m, 2h, 1h30m"
    ),
    "Deliveries are held for another {left}; {n} wait.": (
        "Las entregas se retienen {left} más; {n} esperan."
    ),
    "Resuming lets every worker pull again at once.": (
        "Al reanudar, todos los workers vuelven a extraer de inmediato."
    ),
    "No worker gets a task until the time is up; {n} wait now.": (
        "Ningún worker recibe tareas hasta que pase el tiempo; {n} esperan ahora."
    ),
    "Tasks in hand are finished. It ends by itself, or with p.": (
        "Las tareas en mano se terminan. Acaba por sí sola, o con p."
    ),
    "The consumer is not read yet: there is nothing to pause.": (
        "El consumer aún no se ha leído: no hay nada que pausar."
    ),
    "Our user may not look at the consumer: {why}": (
        "Nuestro usuario no puede ver el consumer: {why}"
    ),
    "No consumer could be paused: there is none. farutech-worker topology apply creates it.": (
        "No hay consumer que pausar: farutech-worker topology apply lo crea."
    ),
    "Paused {age} ago by {who}: {why}": "En pausa desde hace {age}, por {who}: {why}",
    "nobody said why": "nadie dijo por qué",
    "Who paused is not on record: not this console, it seems.": (
        "No consta quién hizo la pausa: no fue esta consola, al parecer."
    ),
    "Deliveries are paused.": "Las entregas están en pausa.",
    "Deliveries go on.": "Las entregas continúan.",
}
