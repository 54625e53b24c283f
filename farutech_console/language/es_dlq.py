"""Spanish of the room of the dead letters; the glossary is in `es.py`."""

from __future__ import annotations

from collections.abc import Mapping

DLQ: Mapping[str, str | tuple[str, str]] = {
    "indexed {indexed} of {depth}": "{indexed} de {depth} en el índice",
    "the index stands still: {why}": "el índice no avanza: {why}",
    "None among those indexed so far is like that, of {depth}.": (
        "Ninguno de los que ya están en el índice es así, de {depth}."
    ),
}
