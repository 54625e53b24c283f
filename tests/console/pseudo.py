"""A language that has a Greek letter for every Latin one: what was never looked up stands out.

It takes as many cells as English does, also where a line is cut or joined.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass

from pydantic import BaseModel

from farutech_console.language import Message

GREEK = str.maketrans(string.ascii_letters, "αβγδεζηθικλμνξοπρστυφχψωϊϋΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΪΫ")
UNITS = frozenset({"min", "ms", "seq", "nats", "rtt", "MiB", "KiB"})
_WORD = re.compile(r"[A-Za-z]{2,}")


class Pseudo(Mapping[str, Message]):
    """Answers every text, with all but its `{names}` in Greek letters."""

    def __getitem__(self, text: str) -> str:
        return "".join(
            said.translate(GREEK) + ("" if name is None else f"{{{name}}}")
            for said, name, _, _ in string.Formatter().parse(text)
        )

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def words(*texts: object) -> set[str]:
    """Return the words in Latin letters of these texts."""
    return set(_WORD.findall(" ".join(map(str, texts))))


def data_words(data: object) -> set[str]:
    """Return the words that stand in data: in its values, not in what its fields are called."""
    if isinstance(data, str):
        return words(data)
    if isinstance(data, bytes):
        return words(data.decode("latin-1"))
    if isinstance(data, Mapping):
        return data_words([*data.keys(), *data.values()])
    if is_dataclass(data):
        return data_words([getattr(data, field.name) for field in fields(data)])
    if isinstance(data, BaseModel):
        return data_words([getattr(data, name) for name in type(data).model_fields])
    if isinstance(data, Iterable):
        return set().union(*map(data_words, data))
    return set()


def spoken(text: str, data: set[str]) -> set[str]:
    """Return the words in Latin letters that are neither data, nor cut from it, nor units."""
    return {
        word
        for word in words(text) - data - UNITS
        if not any(known.startswith(word) or known.endswith(word) for known in data)
    }
