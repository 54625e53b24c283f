"""Spanish of why a text is no task; the glossary is in `es.py`."""

from __future__ import annotations

from collections.abc import Mapping

NO_TASK: Mapping[str, str | tuple[str, str]] = {
    "{where}: a string is wanted, this is {kind}": "{where}: se espera un texto, y es {kind}",
    "{where}: an object is wanted, this is {kind}": "{where}: se espera un objeto, y es {kind}",
    "{where}: a whole number is wanted, this is {kind}": (
        "{where}: se espera un número entero, y es {kind}"
    ),
    "{where}: at most {most} is wanted, this is {kind}": (
        "{where}: se espera {most} como máximo, y es {kind}"
    ),
    "{where}: at least {least} is wanted, this is {kind}": (
        "{where}: se espera {least} como mínimo, y es {kind}"
    ),
    "a task is a JSON object, this is {kind}": "una tarea es un objeto JSON, y esto es {kind}",
    "{key} is missing or empty": "{key} falta o está vacío",
    "{key} is given in two spellings": "{key} está escrito de dos formas a la vez",
    "key {key} is given twice": "la clave {key} aparece dos veces",
    "nested deeper than {levels} levels": "anidado a más de {levels} niveles",
    "a number of {count} digits": "un número de {count} cifras",
    "the number {number} is beyond float64": "el número {number} no cabe en float64",
    "not JSON: {what} at line {line} column {column}": (
        "no es JSON: {what} en la línea {line}, columna {column}"
    ),
    "{text} is not JSON": "{text} no es JSON",
    "an object": "un objeto",
    "a list": "una lista",
    "a string": "un texto",
    "a boolean": "un booleano",
    "a number": "un número",
    "the number {n}": "el número {n}",
    "Expecting value": "se espera un valor",
    "Expecting property name enclosed in double quotes": (
        "se espera una clave entre comillas dobles"
    ),
    "Expecting ':' delimiter": "se espera «:»",
    "Expecting ',' delimiter": "se espera «,»",
    "Illegal trailing comma before end of object": "sobra la coma antes del fin del objeto",
    "Illegal trailing comma before end of array": "sobra la coma antes del fin de la lista",
    "Extra data": "sobra texto",
    "Unterminated string starting": "no se cierra el texto que empieza",
    "Invalid control character": "carácter de control no válido",
    "Invalid \\escape": "secuencia \\ no válida",
    "Invalid \\uXXXX escape": "secuencia \\uXXXX no válida",
}
