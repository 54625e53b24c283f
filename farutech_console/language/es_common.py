"""Spanish of what every screen shows: keys, header, dialogs, runs, commands.

The glossary is in `es.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

KEYS: Mapping[str, str | tuple[str, str]] = {
    "Everywhere": "En todas partes",
    "In lists and text": "En listas y textos",
    "Overview": "Resumen",
    "Tasks": "Tareas",
    "Dead letters": "Mensajes muertos",
    "Open letter": "Mensaje abierto",
    "Workers": "Workers",
    "Audit": "Auditoría",
    "During a replay or a purge, and after": "Durante un reenvío o una purga, y después",
    "Keys": "Teclas",
    "esc close": "esc cierra",
    "This console is read-only: it shows no key that writes.": (
        "Esta consola es de solo lectura: no muestra teclas que escriban."
    ),
    "what is wrong, and the figures": "qué va mal, y las cifras",
    "live events, task by task": "eventos en vivo, tarea por tarea",
    "what died, and sending it again": "qué ha muerto, y cómo reenviarlo",
    "who runs the tasks": "quién ejecuta las tareas",
    "who changed what": "quién cambió qué",
    "the room where you were before": "la sala anterior",
    "and forth again": "y la siguiente",
    "a command by its name": "una orden por su nombre",
    "copy what the cursor is on to the clipboard": "copiar al portapapeles lo que señala el cursor",
    "help": "ayuda",
    "these keys": "estas teclas",
    "commands by name, themes": "órdenes por nombre, temas",
    "back: close what is open, unmark": "atrás: cerrar lo abierto, desmarcar",
    "quit": "salir",
    "q leaves; while something is typed, ctrl+q does.": ("q sale; mientras se escribe, ctrl+q."),
    "leave; nothing on the server changes": "salir; en el servidor no cambia nada",
    "one down": "uno abajo",
    "one up": "uno arriba",
    "to the top": "al principio",
    "to the end": "al final",
    "a page down": "una página abajo",
    "a page up": "una página arriba",
    "pause": "pausar",
    "hold the list still, and go on": "detener la lista, y seguir",
    "follow": "seguir",
    "follow the newest event again": "seguir de nuevo el último evento",
    "the next problem": "el problema siguiente",
    "the problem before": "el problema anterior",
    "evidence": "pruebas",
    "where the problem can be looked into": "donde se puede investigar el problema",
    "time span": "periodo",
    "look back 2 min, 15 min, 1 h or 6 h": "ver los últimos 2 min, 15 min, 1 h o 6 h",
    "find": "buscar",
    "only events with these words in them": "solo eventos que contengan estas palabras",
    "story": "historia",
    "all that is known of the task, and where it is": (
        "todo lo que se sabe de la tarea, y dónde está"
    ),
    "mark": "marcar",
    "mark the letter for what comes next": "marcar el mensaje para lo que venga después",
    "all": "todos",
    "mark all that lie there now, or none": "marcar todos los que hay ahora, o ninguno",
    "open": "abrir",
    "all there is to know of the letter": "todo lo que se sabe del mensaje",
    "filter": "filtrar",
    "only letters that are like this": "solo los mensajes que sean así",
    "causes": "causas",
    "what they died of, counted": "de qué murieron, con recuento",
    "replay": "reenviar",
    "send the marked letters again, with a preview": "reenviar los marcados, con vista previa",
    "send one first, the others once it ended well": (
        "reenviar uno, y los demás cuando acabe bien"
    ),
    "purge": "purgar",
    "delete the marked letters, with a preview": "borrar los marcados, con vista previa",
    "all there is to know of the worker": "todo lo que se sabe del worker",
    "hold deliveries, or let them go on": "detener las entregas, o reanudarlas",
    "all there is to know of the change": "todo lo que se sabe del cambio",
    "undo": "deshacer",
    "hold the run, or let it go on": "detener la ejecución, o reanudarla",
    "stop the run: what is done stays done": "parar la ejecución: lo hecho, hecho queda",
    "outcomes": "resultados",
    "what became of each letter of the last run": (
        "qué fue de cada mensaje de la última ejecución"
    ),
}

COMMANDS: Mapping[str, str | tuple[str, str]] = {
    "the dead letters": "los mensajes muertos",
    "all that is known of a task, and where it is": (
        "todo lo que se sabe de una tarea, y dónde está"
    ),
    "the tasks of a tenant, the latest first": "las tareas de un tenant, la última primero",
    "show only these dead letters; nothing after it shows all": (
        "mostrar solo estos mensajes muertos; sin nada detrás, todos"
    ),
    "what the dead letters died of, counted": "de qué murieron los mensajes, con recuento",
    "send the marked ones again, with a preview; RATE like 50/s": (
        "reenviar los marcados, con vista previa; RITMO como 50/s"
    ),
    "delete the marked dead letters, with a preview": (
        "borrar los mensajes marcados, con vista previa"
    ),
    "hold the deliveries for a while, or let them go on": (
        "detener las entregas un tiempo, o reanudarlas"
    ),
    "how fast the run goes, such as 50/s; max for as fast as it can": (
        "ritmo de la ejecución, como 50/s; max, lo más rápido posible"
    ),
    "colours: dark or light": "colores: dark o light",
    "the keys and these commands": "las teclas y estas órdenes",
    "ID": "ID",
    "[FILTER]": "[FILTRO]",
    "RATE": "RITMO",
    "[RATE]": "[RITMO]",
    "NAME": "NOMBRE",
    "a command; tab completes": "una orden; tab completa",
    "and {n} more": "y {n} más",
    "this console is read-only: it has no {name}": (
        "esta consola es de solo lectura: no tiene {name}"
    ),
    "{name} takes one of {choices}": "{name} acepta uno de {choices}",
    "there is no command {name}: {known}": "no existe la orden {name}: {known}",
    "{name} may be {known}": "{name} puede ser {known}",
    "{name} needs its {what}": "a {name} le falta {what}",
    "{name} takes nothing after it": "{name} no lleva nada detrás",
    " or ": " o ",
}

HEADER: Mapping[str, str | tuple[str, str]] = {
    "starting: reading the settings…": "iniciando: leyendo la configuración…",
    "live {age} ago": "en vivo, hace {age}",
    "data {age} old: {why}": "datos de hace {age}: {why}",
    "asking the server…": "preguntando al servidor…",
    "no data yet: {why}": "aún sin datos: {why}",
    "no answer": "sin respuesta",
    "no env": "sin entorno",
    "no env: nobody said what this system is. Say it so that production is seen:": (
        "sin entorno: nadie ha dicho qué sistema es este. Dígalo para que se vea producción:"
    ),
    "server gone": "servidor caído",
    "no server": "sin servidor",
    ", attempt {n}": ", intento {n}",
    "connecting…": "conectando…",
    "read-only": "solo lectura",
    "{what} died ({error}): restart": "murió {what} ({error}): reinicie",
    "There is nothing to copy here.": "Aquí no hay nada que copiar.",
    "Copied: {text}": "Copiado: {text}",
    "the status poll": "la consulta de estado",
    "the import of rooms": "la carga de las pantallas",
    "the look at the workers": "la consulta de los workers",
    "the live feed": "lo que se oye en vivo",
    "the connection": "la conexión",
    "the run": "la ejecución",
    "Look here": "Mire aquí",
    "Search for commands…": "Buscar órdenes…",
    "Search for themes…": "Buscar temas…",
    "No matches found": "Sin resultados",
    "Theme": "Tema",
    "Change the current theme": "Cambiar el tema",
    "Maximize": "Maximizar",
    "Maximize the focused widget": "Maximizar el elemento enfocado",
    "Minimize": "Minimizar",
    "Minimize the widget and restore to normal size": "Devolver el elemento a su tamaño normal",
    "demo: backoff runs at 1/20 of the real schedule": (
        "demo: el backoff corre a 1/20 del calendario real"
    ),
    "no figures yet": "aún no hay cifras",
    "now": "ahora",
    "{n} tasks pending": ("{n} tarea pendiente", "{n} tareas pendientes"),
    "{n} workers silent": ("{n} worker sin dar señales", "{n} workers sin dar señales"),
    "bell": "timbre",
    "notification": "notificación",
    "bell and notification": "timbre y notificación",
    "Being called": "Avisos",
    "Who looks elsewhere is not called. Bell and notification are switched on by:": (
        "No se avisa a quien mira a otra parte. El timbre y la notificación se activan con:"
    ),
    "Who looks elsewhere is called for nothing: every threshold is 0. They are:": (
        "No se avisa de nada a quien mira a otra parte: todos los umbrales son 0. Son estos:"
    ),
    "Who looks elsewhere is called ({way}) from: {figures}": (
        "Se avisa a quien mira a otra parte ({way}) desde: {figures}"
    ),
    "{n} tasks stuck": ("{n} tarea atascada", "{n} tareas atascadas"),
}

WAITING: Mapping[str, str | tuple[str, str]] = {
    "Connecting": "Conectando",
    "Connected": "Conectado",
    " at {server}": " en {server}",
    "No NATS server answers{where}": "Ningún servidor NATS responde{where}",
    "Tried {n} times in {age}": ("{n} intento en {age}", "{n} intentos en {age}"),
    "What to do": "Qué hacer",
    "start it:": "arrancarlo:",
    "or name another:": "o indicar otro:",
    "(or set NATS_URL)": "(o definir NATS_URL)",
    "or see it run here:": "o verla funcionar aquí:",
    "The console goes on trying and connects by itself when one comes up.": (
        "La consola sigue intentándolo y se conecta sola en cuanto haya uno."
    ),
    ": asking for the stream and the consumer…": ": preguntando por el stream y el consumer…",
    "The server answers, but not for {stream}": "El servidor responde, pero no por {stream}",
    "create what is missing:": "crear lo que falta:",
    "(it shows what it would do, and asks)": "(muestra lo que haría, y pregunta)",
    "or watch another stream:": "u observar otro stream:",
    "The console asks again every second.": "La consola vuelve a preguntar cada segundo.",
}

PLANS: Mapping[str, str | tuple[str, str]] = {
    "Replay {n} dead letters": ("Reenviar {n} mensaje muerto", "Reenviar {n} mensajes muertos"),
    "Purge {n} dead letters": ("Purgar {n} mensaje muerto", "Purgar {n} mensajes muertos"),
    "Type {name} to confirm: {plan}.": "Escriba {name} para confirmar: {plan}.",
    "Cancel": "Cancelar",
    "what": "qué",
    "tasks": "tareas",
    "tenants": "tenants",
    "types": "tipos",
    "to": "destino",
    "history": "antes",
    "pace": "ritmo",
    "expiring": "caducan",
    "unknown": "desconocido",
    "mind": "atención",
    "same as": "igual a",
    "gone": "faltan",
    "{n} of those that were marked lie there no more": (
        "{n} de los marcados ya no está ahí",
        "{n} de los marcados ya no están ahí",
    ),
    "nothing: no letter is left of those that were marked": (
        "nada: ya no queda ninguno de los mensajes marcados"
    ),
    "{span} of {stream}": "{span} de {stream}",
    ", died {first} to {last} ago": ", murieron hace entre {last} y {first}",
    ", died {age} ago": ", murió hace {age}",
    "nobody can tell whether {n} letters went already ({told})": (
        "nadie sabe si {n} mensaje ya se envió ({told})",
        "nadie sabe si {n} mensajes ya se enviaron ({told})",
    ),
    ", and others": ", y otros",
    "no task id can be read": "ningún id de tarea es legible",
    "none": "ninguno",
    "{known} and {n} more": "{known} y {n} más",
    "{subject}, then each letter is deleted": "{subject}; después se borra cada mensaje",
    "nowhere: they are deleted for good": "ninguno: se borran para siempre",
    "{n} letters came back after a replay before": (
        "{n} mensaje ya volvió tras un reenvío",
        "{n} mensajes ya volvieron tras un reenvío",
    ),
    "none was replayed before": "ninguno se había reenviado antes",
    "{n} letters will be dropped by the server within the hour": (
        "el servidor eliminará {n} mensaje en menos de una hora",
        "el servidor eliminará {n} mensajes en menos de una hora",
    ),
}

RUNS: Mapping[str, str | tuple[str, str]] = {
    "Replay": "Reenvío",
    "Purge": "Purga",
    "Replay of {n} letters": ("Reenvío de {n} mensaje", "Reenvío de {n} mensajes"),
    "Purge of {n} letters": ("Purga de {n} mensaje", "Purga de {n} mensajes"),
    "{n} replayed": ("{n} reenviado", "{n} reenviados"),
    "{n} done before": ("{n} hecho antes", "{n} hechos antes"),
    "{n} failed": ("{n} fallido", "{n} fallidos"),
    "{n} unknown": ("{n} desconocido", "{n} desconocidos"),
    "{n} purged": ("{n} purgado", "{n} purgados"),
    "Replay: its plan": "Reenvío: su plan",
    "Purge: its plan": "Purga: su plan",
    "Undo: its plan": "Deshacer: su plan",
    "Nothing is changed by it; a preview comes first.": (
        "No cambia nada; antes se muestra una vista previa."
    ),
    "waiting for the first one's end": "se espera al final del primero",
    "the first one came back dead: nothing more was sent": (
        "el primero volvió muerto: no se envió nada más"
    ),
    "no connection: it goes on once there is one": "sin conexión: sigue en cuanto la haya",
    "stopped by the operator": "detenido por el operador",
    "cancelled": "cancelado",
    "the first one has not ended within {seconds} s: nothing more was sent; see whether workers"
    " run, and whether it is being retried": (
        "el primero no terminó en {seconds} s: no se envió nada más; compruebe si hay workers en"
        " marcha y si se está reintentando"
    ),
    "nobody can tell what comes back: {error}": "no se puede saber qué vuelve: {error}",
    "{n} of {sent} replayed came back dead, more than {share} %: nothing more was sent": (
        "{n} de {sent} reenviados volvió muerto, más del {share} %: no se envió nada más",
        "{n} de {sent} reenviados volvieron muertos, más del {share} %: no se envió nada más",
    ),
    "… {n} more are not listed": ("… {n} más sin mostrar", "… {n} más sin mostrar"),
    "{n} not reached: they lie where they lay": (
        "{n} sin procesar: sigue donde estaba",
        "{n} sin procesar: siguen donde estaban",
    ),
    "{n} not reached": ("{n} sin procesar", "{n} sin procesar"),
    "{n} restored": ("{n} recuperado", "{n} recuperados"),
    "replayed": "reenviado",
    "already": "ya hecho",
    "failed": "fallido",
    "purged": "purgado",
    "restored": "recuperado",
    " {age} left": " quedan {age}",
    "{n} match so far": ("{n} coincide por ahora", "{n} coinciden por ahora"),
    " ‖ held: P goes on": " ‖ detenida: P reanuda",
    " o outcomes  esc close": " o resultados  esc cierra",
    "o more": "o más",
    "its dead letter could not be deleted yet; to replay it again sends nothing": (
        "su mensaje muerto aún no se pudo borrar; reenviarlo otra vez no envía nada"
    ),
    "no longer there: replayed or purged by someone else": (
        "ya no está: alguien lo reenvió o lo purgó"
    ),
    "Another run is under way: wait for it to end.": (
        "Hay otra ejecución en marcha: espere a que termine."
    ),
    "the console itself failed": "falló la propia consola",
    "No more letters are begun; those in hand are finished.": (
        "No se empieza ningún mensaje más; los que están en curso se terminan."
    ),
    "No run is under way; replay 50/s begins one at that rate.": (
        "No hay ninguna ejecución en marcha; replay 50/s inicia una a ese ritmo."
    ),
    "The run goes at {rate}.": "La ejecución va a {rate}.",
    "broke off: {why}": "se interrumpió: {why}",
    "{n} succeeded": "{n} con éxito",
    "{n} came back dead": "{n} de nuevo en la DLQ",
    "{n} stuck": "{n} en atasco",
    "{n} running": "{n} en marcha",
    "{n} not heard of": "{n} sin noticias",
    "{verb}: what became of each letter": "{verb}: qué fue de cada mensaje",
    "(no task id)": "(sin id de tarea)",
    "No letter has an outcome yet.": "Ningún mensaje tiene resultado todavía.",
}

COMMON: Mapping[str, str | tuple[str, str]] = {
    **KEYS,
    **COMMANDS,
    **HEADER,
    **WAITING,
    **PLANS,
    **RUNS,
    "The server {where} does not let us in": "El servidor {where} no nos deja entrar",
    "No server was asked: what says who we are is of no use": (
        "No se ha preguntado a ningún servidor: lo que dice quiénes somos no sirve"
    ),
    "name what is:": "indicar lo que sirva:",
    "No TLS with the server {where}": "Sin TLS con el servidor {where}",
    "say whom to trust:": "decir en quién confiar:",
    "and who we are:": "y quiénes somos:",
    "The cluster answers, and has no leader for JetStream": (
        "El cluster responde, pero JetStream no tiene líder"
    ),
    "bring its servers up:": "levantar sus servidores:",
    "more than half of them must run": "más de la mitad debe estar en marcha",
    "see what is wrong:": "ver qué falla:",
    "say who you are:": "decir quién eres:",
    "or use a context:": "o usar un contexto:",
    "--context NAME, as the nats command has them": "--context NOMBRE, los del comando nats",
    "The console tries again every few seconds.": "La consola lo intenta cada pocos segundos.",
    "The server answers, and has no JetStream for us": (
        "El servidor responde, pero no tiene JetStream para nosotros"
    ),
    "switch it on:": "activarlo:",
    "or for our account:": "o en nuestra cuenta:",
    "jetstream: enabled, in its configuration": "jetstream: enabled, en su configuración",
    "Our user may not look at {stream}": "Nuestro usuario no puede ver {stream}",
    "have it allowed:": "pedir permiso:",
    "in the server's configuration of our user": "en la configuración del servidor",
    "see all it lacks:": "ver qué le falta:",
    "what works still:": "lo que aún va:",
    "2 live events, 4 workers, as far as allowed": "2 eventos en vivo, 4 workers, si se permite",
    "{n} with «{wanted}»; esc shows all": "{n} con «{wanted}»; esc muestra todo",
    "Nothing here has «{wanted}» in it.": "Nada de aquí contiene «{wanted}».",
    "esc shows all": "esc muestra todo",
    "There is no connection, so no dead letters can be read.": (
        "No hay conexión: no se pueden leer mensajes muertos."
    ),
    "No events: there is no connection.": "Sin eventos: no hay conexión.",
    "Opening the console…": "Abriendo la consola…",
    "The session has ended.": "La sesión ha terminado.",
    "Open a new one": "Abrir otra",
    "{n} consoles are open: close one.": "Hay {n} consolas abiertas: cierre una.",
}
