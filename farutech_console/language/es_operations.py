"""Spanish of the operations: units, verdicts, plans, stories, errors.

The glossary is in `es.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

FIGURES: Mapping[str, str | tuple[str, str]] = {
    ",": "\u00a0",
    "{n} dead letters": ("{n} mensaje muerto", "{n} mensajes muertos"),
    "{n} tasks": ("{n} tarea", "{n} tareas"),
    "{n} stuck tasks": ("{n} tarea atascada", "{n} tareas atascadas"),
    "{n} clients": ("{n} cliente", "{n} clientes"),
    "{n} other clients": ("otro cliente", "otros {n} clientes"),
    "{n} replays": ("{n} reenvío", "{n} reenvíos"),
    "{n} workers": ("{n} worker", "{n} workers"),
    "{n} tenants": ("{n} tenant", "{n} tenants"),
}

ACTIONS: Mapping[str, str | tuple[str, str]] = {
    "reads, and changes nothing": "lee, y no cambia nada",
    "sends dead letters back to the work queue, each task once": (
        "devuelve mensajes muertos a la cola de trabajo, cada tarea una sola vez"
    ),
    "a task that was sent again may run at once": (
        "una tarea reenviada puede ejecutarse de inmediato"
    ),
    "moves dead letters to the archive": "mueve mensajes muertos al archivo",
    "farutech-console dlq undo, within 7 days": "farutech-console dlq undo, antes de 7 días",
    "deletes dead letters for good, without a copy": (
        "borra mensajes muertos para siempre, sin copia"
    ),
    "nothing keeps a copy": "no queda ninguna copia",
    "replays one dead letter with another task; the archive keeps the original": (
        "reenvía un mensaje muerto con otra tarea; el archivo conserva el original"
    ),
    "a task that was sent again may run at once; farutech-console audit names the original": (
        "una tarea reenviada puede ejecutarse de inmediato; farutech-console audit nombra el "
        "original"
    ),
    "brings back the dead letters of a purge": "recupera los mensajes muertos de una purga",
    "stores exported dead letters, each once": (
        "guarda mensajes muertos exportados, cada uno una sola vez"
    ),
    "writes a note on a cause for the next on-call": (
        "escribe una nota sobre una causa para la siguiente guardia"
    ),
    "farutech-console dlq note, with the words from before": (
        "farutech-console dlq note, con las palabras de antes"
    ),
    "stops the delivery of tasks to every worker, for a time": (
        "detiene la entrega de tareas a todos los workers, por un tiempo"
    ),
    "lets tasks be delivered again": "reanuda la entrega de tareas",
    "moves tasks whose deliveries are spent to the dead letters": (
        "mueve a los mensajes muertos las tareas que agotaron sus entregas"
    ),
    "gives tasks whose deliveries are spent to the workers anew": (
        "entrega de nuevo a los workers las tareas que agotaron sus entregas"
    ),
    "settles replays whose outcome nobody can tell, as the operator says": (
        "da por resueltos, como diga el operador, los reenvíos de resultado desconocido"
    ),
    "a task that was sent again may run at once, a letter that was dropped is gone": (
        "una tarea reenviada puede ejecutarse de inmediato, un mensaje descartado no vuelve"
    ),
}

PLANS: Mapping[str, str | tuple[str, str]] = {
    "nowhere: deleted for good": "ninguno: se borran para siempre",
    "{archive}: undo brings them back within 7 days": (
        "{archive}: deshacer los recupera antes de 7 días"
    ),
    "there is no consumer {name}: nobody runs the tasks until there is": (
        "no existe el consumer {name}: hasta entonces nadie ejecuta las tareas"
    ),
    "{name} is paused for another {span}: the tasks wait till then": (
        "{name} sigue en pausa {span} más: hasta entonces las tareas esperan"
    ),
    "no worker asks {name} for tasks: they wait until one does": (
        "ningún worker pide tareas a {name}: esperan hasta que alguno lo haga"
    ),
    "{name} is not the stream any more that was planned for: plan again": (
        "{name} ya no es el stream para el que se hizo el plan: haga otro plan"
    ),
    "{text} is no rate: say 50/s, 10/min or 2/h": (
        "{text} no es un ritmo: escriba 50/s, 10/min o 2/h"
    ),
    "{text} is no share: say 20%": "{text} no es una proporción: escriba 20%",
}

STORIES: Mapping[str, str | tuple[str, str]] = {
    "pending": "pendiente",
    "in flight": "en curso",
    "backoff": "en backoff",
    "held": "retenida",
    "unsettled": "sin confirmar",
    "stuck": "atascada",
    "dead": "muerta",
    "archived": "archivada",
    "done": "terminada",
    "number {n} in the queue": "número {n} en la cola",
    "until {time}": "hasta {time}",
    "at {worker}": "en {worker}",
    "by {worker}": "por {worker}",
    "attempt {n}": "intento {n}",
    "next in {span}": "siguiente en {span}",
    "{what} by {who}, {time}": "{what} por {who}, {time}",
    "settled": "resuelto",
    "edited and replayed": "editado y reenviado",
    "purged for good": "borrado para siempre",
    "{span} ago": "hace {span}",
}

REFUSALS: Mapping[str, str | tuple[str, str]] = {
    "this console is read-only: it refuses {action}, which {does}; leave out --read-only "
    "(FARUTECH_READ_ONLY) to do it": (
        "esta consola es de solo lectura: rechaza {action}, que {does}; quite --read-only "
        "(FARUTECH_READ_ONLY) para hacerlo"
    ),
    "this console is read-only: nothing is sent to {subject}": (
        "esta consola es de solo lectura: no se envía nada a {subject}"
    ),
    "nothing was changed: {subject} belongs to the stream {home}, not to {name}: take the subject "
    "from it, or purge with --hard": (
        "no se ha cambiado nada: {subject} pertenece al stream {home}, no a {name}: quítele el "
        "subject, o purgue con --hard"
    ),
    "nothing was changed: the archive {name} cannot be created ({error}). See that the server has "
    "room, and that we may create streams; or purge without it, with --hard": (
        "no se ha cambiado nada: no se puede crear el archivo {name} ({error}). Compruebe que el "
        "servidor tiene espacio y que podemos crear streams; o purgue sin él, con --hard"
    ),
    "nothing was changed: its record could not be written on {subject} ({error}). No change is "
    "made without one: see that {stream} can take it, and that we may publish there": (
        "no se ha cambiado nada: no se pudo escribir su registro en {subject} ({error}). Sin "
        "registro no hay cambios: compruebe que {stream} lo admite y que podemos publicar ahí"
    ),
    "the change was made, but its end could not be recorded ({error}): the audit will show {id} "
    "as not ended": (
        "el cambio se hizo, pero no se pudo registrar su final ({error}): la auditoría mostrará "
        "{id} como no terminado"
    ),
    "dead letter {n} has no task to edit: {why}": (
        "el mensaje muerto {n} no tiene tarea que editar: {why}"
    ),
    "dead letter {n} was not replayed": "el mensaje muerto {n} no se reenvió",
    "there is no dead letter {n}: the newest sequence is {newest}": (
        "no existe el mensaje muerto {n}: la última secuencia es {newest}"
    ),
    "there is no dead letter {n}: it was replayed, purged or expired": (
        "no existe el mensaje muerto {n}: se reenvió, se purgó o caducó"
    ),
    "the message of dead letter {n} is no text: not UTF-8 at byte {byte}": (
        "el mensaje muerto {n} no es texto: no es UTF-8 en el byte {byte}"
    ),
    "dead letter {n} is gone: replayed or purged while it was edited": (
        "el mensaje muerto {n} ya no está: se reenvió o se purgó mientras se editaba"
    ),
    "there is half of a character in it": "contiene medio carácter",
    "{cause} is no key of a cause: farutech-console dlq groups shows them": (
        "{cause} no es la clave de una causa: farutech-console dlq groups las muestra"
    ),
    "a note has at most {most} characters, this has {n}": (
        "una nota tiene como máximo {most} caracteres, esta tiene {n}"
    ),
    "there is no consumer {name} on a stream {stream}: start a worker, it creates both": (
        "no hay consumer {name} en un stream {stream}: al iniciar un worker, crea ambos"
    ),
    "a pause lasts from 1 s to {span}": "una pausa dura de 1 s a {span}",
    "nats-server {version} cannot pause a consumer, 2.11 and newer can: stop the workers instead": (
        "nats-server {version} no sabe pausar un consumer, 2.11 y posteriores sí: detenga los "
        "workers en su lugar"
    ),
    "{id} is too short: give at least {n} letters of an id": (
        "{id} es demasiado corto: dé al menos {n} letras de un id"
    ),
    "no purge is on record": "no hay ninguna purga registrada",
    "no purge has the id {id}": "ninguna purga tiene el id {id}",
    "{what}: farutech-console audit --action purge lists them": (
        "{what}: farutech-console audit --action purge las lista"
    ),
    "several purges have an id that begins with {id}: give more": (
        "varias purgas tienen un id que empieza por {id}: dé más letras"
    ),
    "{id} purged {time}: the archive keeps 7 days": (
        "{id} se purgó {time}: el archivo guarda 7 días"
    ),
}

FILTER: Mapping[str, str | tuple[str, str]] = {
    "the tenant's id": "el id del tenant",
    "the task's type": "el tipo de la tarea",
    "the module's id": "el id del módulo",
    "the task's id": "el id de la tarea",
    "why it died": "por qué murió",
    "the key of its cause, as dlq groups shows": "la clave de su causa, como en dlq groups",
    "the error's class": "la clase del error",
    "why it was given up": "por qué se dio por perdida",
    "the worker that gave it up": "el worker que la dio por perdida",
    "deliveries it had": "entregas que tuvo",
    "how often it was replayed before": "cuántas veces se reenvió antes",
    "how long ago it died": "hace cuánto murió",
    "when it died, in UTC": "cuándo murió, en UTC",
    "how long the server still keeps it": "cuánto lo conserva aún el servidor",
    "its sequence in the stream": "su secuencia en el stream",
    "what the task carries": "lo que lleva la tarea",
    "a header": "un header",
    "is exactly, * for anything": "es exactamente; *, cualquier cosa",
    "contains": "contiene",
    "less than": "menor que",
    "at most": "como máximo",
    "more than": "mayor que",
    "at least": "como mínimo",
    "any of both": "uno u otro",
    "all others": "todos los demás",
    "a whole number, such as 5": "un número entero, como 5",
    "a number, such as 5 or 2.5": "un número, como 5 o 2.5",
    "a number with s, m, h or d, such as 2h or 1h30m": (
        "un número con s, m, h o d, como 2h o 1h30m"
    ),
    "a time in UTC, such as 2026-11-24 or 2026-11-24T02:41Z": (
        "una hora en UTC, como 2026-11-24 o 2026-11-24T02:41Z"
    ),
    "there are {keys}.": "existen {keys}.",
    "did you mean {key}?": "¿quiso decir {key}?",
    "there is no key {name}: {guess} Text with a {sign} in it is quoted": (
        "no existe la clave {name}: {guess} El texto con {sign} va entre comillas"
    ),
    "{key} takes {signs} and not {operator}: {example}": (
        "{key} admite {signs} y no {operator}: {example}"
    ),
    "{key} wants a name after a dot: {example}": (
        "{key} requiere un nombre tras un punto: {example}"
    ),
    "{key} takes no path: {example}": "{key} no admite ruta: {example}",
    "a range follows a colon: {key}:{text}": "un intervalo va tras dos puntos: {key}:{text}",
    "a range goes from the smaller to the larger: {text}": (
        "un intervalo va de menor a mayor: {text}"
    ),
    "a range has a beginning or an end": "un intervalo tiene principio o fin",
    "this bracket closes nothing: quote text that has brackets": (
        "este paréntesis no cierra nada: el texto con paréntesis va entre comillas"
    ),
    "this bracket is never closed": "este paréntesis no se cierra",
    "something to look for is missing here": "aquí falta qué buscar",
    "brackets and negations go at most {n} deep": (
        "paréntesis y negaciones se anidan como máximo {n} veces"
    ),
    "a comma stands between the values of a key: else quote it": (
        "una coma separa los valores de una clave: si no, va entre comillas"
    ),
    'text that has brackets is quoted: "f(x)"': 'el texto con paréntesis va entre comillas: "f(x)"',
    "a value is missing after {said}": "falta un valor tras {said}",
    "a {key} is one of {choices}": "{key} es uno de {choices}",
    "compare it: {key}>2h, {key}<2h, or {key}:1h..2h": (
        "compárelo: {key}>2h, {key}<2h o {key}:1h..2h"
    ),
    "{key} is {words}": "{key} es {words}",
    "this quote is never closed": "estas comillas no se cierran",
    "only one value can follow {operator}": "tras {operator} solo cabe un valor",
    "what is not to match is missing here": "aquí falta qué no debe coincidir",
}

OPERATIONS: Mapping[str, str | tuple[str, str]] = {
    **FIGURES,
    **ACTIONS,
    **PLANS,
    **STORIES,
    **REFUSALS,
    **FILTER,
    # What is wrong.
    "the server's JetStream cannot be looked at": "no se puede ver el JetStream del servidor",
    "the consumer cannot be looked at": "no se puede ver el consumer",
    "the dead letters cannot be looked at": "no se pueden ver los mensajes muertos",
    "tasks that come in": "tareas que entran",
    "what becomes of them": "qué es de ellas",
    "dead letters": "mensajes muertos",
    "spent deliveries": "entregas agotadas",
    "our user may not listen to {what}: rates and live events lack them": (
        "nuestro usuario no puede escuchar: {what}; faltan en ritmos y eventos en vivo"
    ),
    "no consumer: no task is delivered to anybody": (
        "no hay consumer: ninguna tarea se entrega a nadie"
    ),
    "the consumer is paused for another {left}": "el consumer está en pausa otros {left}",
    "no worker is pulling, and tasks are waiting": "ningún worker pide tareas, y hay en espera",
    "max ack pending {limit} reached: no more is delivered until acks": (
        "max ack pending {limit} alcanzado: no se entrega más hasta que haya acks"
    ),
    "as fast as it goes": "tan rápido como va",
    "the first one alone": "el primero solo",
    "stop if more than {share} % die again": "parar si más del {share} % muere otra vez",
    "stop at the first that dies again": "parar en cuanto uno muera otra vez",
    " since {time}": " desde {time}",
    ", nothing was delivered since {time}": ", nada se ha entregado desde {time}",
    "{what}: deliveries spent, nobody will get them again": (
        "{what}: entregas agotadas, nadie la recibirá otra vez",
        "{what}: entregas agotadas, nadie las recibirá otra vez",
    ),
    "no stream takes dead letters: failed tasks cannot be set aside": (
        "ningún stream acepta mensajes muertos: las tareas fallidas no se pueden apartar"
    ),
    "; newest {span} ago": "; el último hace {span}",
    "; the oldest expires in {span}": "; el más antiguo caduca en {span}",
    ", mostly «{what}» at {where}": ", sobre todo «{what}» en {where}",
    ", {share} «{what}» at {where}": ", {share} «{what}» en {where}",
    "{n} tenants or more": "{n} tenants o más",
    "no tenant": "ningún tenant",
    "the backlog grows by {pace}: it never drains at this pace": (
        "el atraso crece {pace}: a este ritmo no se vacía nunca"
    ),
    "{name} is silent since {since}": "{name} no da señales desde hace {since}",
    "the breaker of {kind} is open at {n} workers": (
        "el cortacircuitos de {kind} está abierto en {n} worker",
        "el cortacircuitos de {kind} está abierto en {n} workers",
    ),
    "the backlog grows by {pace}": "el atraso crece {pace}",
    "the server's clock is {span} ahead of ours": (
        "el reloj del servidor va {span} por delante del nuestro"
    ),
    "the server's clock is {span} behind ours": (
        "el reloj del servidor va {span} por detrás del nuestro"
    ),
    "{what}: ages are shown wrongly by as much": (
        "{what}: las edades que se muestran yerran en eso"
    ),
    "{name} is silent": "{name} no da señales",
    ", stopped or dead; it had no task in hand": (
        ", detenido o muerto; no tenía ninguna tarea en curso"
    ),
    "no consumer": "no hay consumer",
    "max ack pending {limit} reached": "max ack pending {limit} alcanzado",
    "no stream takes dead letters": "ningún stream acepta mensajes muertos",
    "we may not listen to {what}": "no se puede escuchar: {what}",
    "tasks come and none is overheard": "entran tareas y no se oye ninguna",
    "tasks come and none is overheard: rates and live events lack them; is the stream fed from "
    "another account?": (
        "entran tareas y no se oye ninguna: faltan en ritmos y eventos en vivo; ¿llegan al stream "
        "desde otra cuenta?"
    ),
    "nothing waits": "nada espera",
    "in about {span}": "en unos {span}",
    "grows by {pace}": "crece {pace}",
    "does not shrink": "no disminuye",
}
