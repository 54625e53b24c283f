"""Spanish of the rooms that watch: overview and tasks; the glossary is in `es.py`."""

from __future__ import annotations

from collections.abc import Mapping

OVERVIEW: Mapping[str, str | tuple[str, str]] = {
    "charts": "gráficos",
    "the other charts, or all four": "los otros gráficos, o los cuatro",
    "{n} problems": ("{n} problema", "{n} problemas"),
    "{n} warnings": ("{n} aviso", "{n} avisos"),
    "{span} ago: ": "hace {span}: ",
    "● All was well {span} ago": "● Todo iba bien hace {span}",
    "● All is well": "● Todo va bien",
    "   {tasks} in the queue, no dead letters": "   {tasks} en la cola, ningún mensaje muerto",
    "server": "servidor",
    "cluster": "cluster",
    "stream leader": "líder del stream",
    "consumer leader": "líder del consumer",
    "no {leader}": "sin {leader}",
    # The labels of figures have twelve columns.
    "messages": "mensajes",
    "bytes": "bytes",
    "oldest": "más antiguo",
    "newest": "más reciente",
    "in": "entrada",
    "out": "salida",
    "last seq": "última seq",
    "kept": "se guarda",
    "storage": "almacén",
    "drains": "se vacía",
    "in flight": "en curso",
    "in backoff": "en backoff",
    "redelivered": "reentregadas",
    "pulls open": "pulls",
    "consumer delivered to {seq}": "consumer entregado hasta {seq}",
    "delivered to": "entregado",
    "no limit": "sin límite",
    "stuck tasks": "atascadas",
    "retries": "reintentos",
    "DLQ depth": "en la DLQ",
    "coming in": "entrando",
    "going out": "saliendo",
    "no stream": "sin stream",
    "not told": "no se sabe",
    "not heard": "no se oye",
    "some workers tell nothing": "no lo dicen todos",
    "≈ {span} ago": "≈ hace {span}",
    "it does not exist": "no existe",
    "it cannot be looked at": "no se puede ver",
    "Failures": "Fallos",
    "Backlog": "Atraso",
    "In / out, per second": "Entrada / salida, por segundo",
    "In / out, per minute": "Entrada / salida, por minuto",
    "Retries, per minute": "Reintentos, por minuto",
    "no consumer: nothing is pending for anybody": "sin consumer: nadie tiene nada pendiente",
    "no stream takes them": "ningún stream los acepta",
    "in {rate}": "entrada {rate}",
    "out {rate}": "salida {rate}",
    "our user may not listen to them": "nuestro usuario no puede escucharlas",
    "none is overheard": "no se oye ninguna",
    "two polls make a rate": "un ritmo requiere dos consultas",
}

TASKS: Mapping[str, str | tuple[str, str]] = {
    "tasks that nobody will get again, and how we know": (
        "tareas que nadie recibirá otra vez, y cómo se sabe"
    ),
    "the tasks of the tenant under the cursor": "las tareas del tenant bajo el cursor",
    # What can happen to a task has eleven columns.
    "published": "publicada",
    "since": "desde",
    "≥ since the last delivery of any task, or longer": (
        "≥ desde la última entrega de cualquier tarea, o más"
    ),
    "received": "recibida",
    "started": "empezada",
    "held": "retenida",
    "progress": "avance",
    "in progress": "en curso",
    "succeeded": "con éxito",
    "dead letter": "muerta",
    "terminated": "terminada",
    "exhausted": "agotada",
    "duplicate": "duplicada",
    "sent again": "reenviada",
    "was edited": "editada",
    "was purged": "purgada",
    # Titles of columns.
    "time UTC": "hora UTC",
    "event": "evento",
    "task": "tarea",
    "type": "tipo",
    "try": "n.º",
    "what": "qué",
    "age": "hace",
    "where": "dónde",
    "last event": "último evento",
    "again in {span}": "otra vez en {span}",
    "again at once": "otra vez enseguida",
    "No events: there is no connection.": "Sin eventos: no hay conexión.",
    "Events are heard live; what happened meanwhile is not told later.": (
        "Los eventos se oyen en vivo; lo que pase entretanto no se cuenta después."
    ),
    "No task event in {span}, since the console listens.": (
        "Ningún evento en {span}, desde que la consola escucha."
    ),
    "not heard: {what}": "no se oye: {what}",
    "s lists the stuck tasks, :task ID and :tenant ID find any task all the same": (
        "s lista las atascadas; :task ID y :tenant ID encuentran cualquier tarea igualmente"
    ),
    "our user may not listen to them; {command} names the subjects": (
        "nuestro usuario no puede escucharlos; {command} nombra los subjects"
    ),
    "is the stream fed from another account?": "¿llegan al stream desde otra cuenta?",
    "Events are heard live: every publish, retry, success and dead letter.": (
        "Los eventos se oyen en vivo: cada publicación, reintento, éxito y mensaje muerto."
    ),
    "The consumer does not exist, so no task is delivered.": (
        "El consumer no existe: ninguna tarea se entrega."
    ),
    "{n} tasks wait and no worker is pulling.": (
        "{n} tarea espera y ningún worker pide.",
        "{n} tareas esperan y ningún worker pide.",
    ),
    "{n} tasks are in flight or in backoff: wait for them.": (
        "{n} tarea está en curso o en backoff: hay que esperarla.",
        "{n} tareas están en curso o en backoff: hay que esperarlas.",
    ),
    "Nothing is published and nothing is pending: the queue is idle.": (
        "Nada se publica y nada está pendiente: la cola está ociosa."
    ),
    "not heard before {time} · ": "sin oír antes de las {time} · ",
    "published {n}": "publicadas {n}",
    "succeeded {n}": "con éxito {n}",
    "retried {n}": "reintentos {n}",
    "dead {n}": "muertas {n}",
    "newest {n} shown, {older} older let go": "se ven las últimas {n}, {older} ya no",
    "▲ {n} dropped unseen": "▲ {n} perdidos sin ver",
    "a part of the task's id, its tenant, type or error; enter": (
        "parte del id de la tarea, su tenant, tipo o error; enter"
    ),
    "following": "siguiendo",
    "held, {n} new: end follows": "parada, {n} nuevos: end sigue",
    "▲ no connection: nothing is heard since {time}": (
        "▲ sin conexión: no se oye nada desde las {time}"
    ),
    "{n} with «{text}»": "{n} con «{text}»",
    ", {n} not looked at yet": ", {n} aún sin mirar",
    "; esc shows all": "; esc muestra todo",
    "There is no tenant under the cursor.": "No hay tenant bajo el cursor.",
    "That message is no task.": "Ese mensaje no es una tarea.",
    "The wire did not say which task that is.": "El cable no dijo qué tarea es.",
    "Task {id}": "Tarea {id}",
    "Stuck tasks": "Tareas atascadas",
    "Tasks of {tenant}": "Tareas de {tenant}",
    "◌ Reading events, queue, dead letters and ledger…": (
        "◌ Leyendo eventos, cola, mensajes muertos y ledger…"
    ),
    "the reading of tasks": "la lectura de tareas",
    "◌ reading…": "◌ leyendo…",
    "no connection": "sin conexión",
    "▲ as of {span} ago: {why}": "▲ de hace {span}: {why}",
    "read {span} ago": "leído hace {span}",
    "esc back": "esc vuelve",
    "now": "ahora",
    "Nothing tells of its attempts.": "Nada cuenta de sus intentos.",
    "There may be gaps, since there is no {what}.": "Puede haber lagunas, ya que no hay {what}.",
    # Where a task is, and how it came there.
    "in the queue": "en la cola",
    "✖ dead": "✖ muerta",
    "● finished": "● hecha",
    "events only": "solo eventos",
    "✖ certain": "✖ segura",
    "▲ maybe": "▲ quizá",
    "not a task": "no es una tarea",
    "Nothing is known of a tenant {name}.": "No se sabe nada de un tenant {name}.",
    "Looked through: queue, dead letters, archive and the newest events.": (
        "Se ha mirado: cola, mensajes muertos, archivo y los últimos eventos."
    ),
    "The latest {n}; there may be more.": "Las últimas {n}; puede haber más.",
    "{command} brings back those that are certain": "{command} recupera las seguras",
    "deliveries spent": "entregas agotadas",
    "there is no consumer that would deliver it": "no hay consumer que la entregue",
    "deliveries are paused": "las entregas están en pausa",
    "for {span}": "desde hace {span}",
    "by the ledger": "según el ledger",
    "delivered: in flight or in backoff": "entregada: en curso o en backoff",
    "at {time}": "a las {time}",
    "at {time}, by the ledger": "a las {time}, según el ledger",
    "purged; farutech-console dlq undo brings it back": (
        "purgada; farutech-console dlq undo la recupera"
    ),
    "nothing here tells: done, purged, expired or never published": (
        "nada aquí lo dice: hecha, purgada, caducada o nunca publicada"
    ),
    "by {who}": "por {who}",
    "someone": "alguien",
    ", replay {n}": ", reenvío {n}",
}

STUCK: Mapping[str, str | tuple[str, str]] = {
    "No task is stuck: {why}.": "Ninguna tarea está atascada: {why}.",
    "{n} tasks are stuck": ("{n} tarea está atascada", "{n} tareas están atascadas"),
    "{least} to {most} tasks are stuck": "entre {least} y {most} tareas están atascadas",
    "Of {n} it is not known which: those that may be are in flight or in backoff else.": (
        "De {n} no se sabe cuáles: las posibles, si no, están en curso o en backoff."
    ),
    "There are more that may be.": "Puede haber más.",
    "every task is settled, pending, in flight or in backoff": (
        "cada tarea está terminada, pendiente, en curso o en backoff"
    ),
    "there is no consumer, so every task will be delivered once there is one": (
        "no hay consumer: cada tarea se entregará cuando lo haya"
    ),
    "the server told of each": "el servidor avisó de cada una",
    "nothing is in flight or in backoff, so all that was delivered is stuck": (
        "nada está en curso ni en backoff: todo lo entregado está atascado"
    ),
    "they lie below the ack floor": "están por debajo del ack floor",
    "others are in flight or in backoff, and the server told of some at most": (
        "otras están en curso o en backoff, y el servidor avisó a lo sumo de algunas"
    ),
    "the server told of more than there are: the consumer was reset, it seems": (
        "el servidor avisó de más de las que hay: parece que se reinició el consumer"
    ),
}

WATCHING: Mapping[str, str | tuple[str, str]] = {**OVERVIEW, **TASKS, **STUCK}
