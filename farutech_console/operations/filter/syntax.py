"""The characters that mean something in a filter, for those who read one and who write one."""

from __future__ import annotations

import re
from typing import Literal

Operator = Literal[":", "~", "<", "<=", ">", ">="]
NEGATIONS = "-!"
RESERVED = frozenset({"and", "or", "not"})

KEY = re.compile(
    r"(?P<name>[A-Za-z_]+)(?:\.(?P<path>[^\s\"*,()<>=:~!]+))?(?P<sign>:~|!~|!=|[<>]=|[:~<>=])"
)
"""A key with its operator, as a test begins with it."""

BARE = re.compile(r"[^\s\"*,()]+")
"""Text that needs no quotes."""

QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
"""Text in quotes; a backslash before a quote or a backslash takes its meaning away."""

_ESCAPED = re.compile(r'\\(["\\])')


def quoted(text: str, *, always: bool = False) -> str:
    """Return a text as a filter has it: as it is where it can be, else in quotes."""
    if not always and (not text or BARE.fullmatch(text)):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def unquoted(inside: str) -> str:
    """Return the text that stands between quotes."""
    return _ESCAPED.sub(r"\1", inside)


def read_as_more_than_a_word(shown: str) -> bool:
    """Return whether text at the start of a part would be taken for a key or a negation."""
    return shown[0] in NEGATIONS or shown.lower() in RESERVED or KEY.match(shown) is not None
