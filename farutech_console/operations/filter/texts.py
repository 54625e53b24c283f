"""Finding text in text: whatever its case, with `*` for anything, in linear time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from farutech_console.operations.filter.letters import Letter
from farutech_console.operations.filter.model import Pattern
from worker.model.dead_letter import decode_raw

Finds = Callable[[str], bool]
"""Whether a text is what is looked for."""


def equals(pattern: Pattern) -> Finds:
    """Return a function that tells whether the whole of a text is as the pattern says.

    `*` alone stands for any text but an empty one.
    """
    pieces = tuple(piece.casefold() for piece in pattern.pieces)
    first, *middle = pieces
    if not middle:
        return lambda text: text.casefold() == first
    if set(pieces) == {""}:
        return bool
    last = middle.pop()
    shortest = len(first) + len(last)

    def whole(text: str) -> bool:
        folded = text.casefold()
        if len(folded) < shortest or not (folded.startswith(first) and folded.endswith(last)):
            return False
        return _in_order(folded, middle, len(first), len(folded) - len(last))

    return whole


def contains(pattern: Pattern) -> Finds:
    """Return a function that tells whether the pattern is somewhere in a text."""
    pieces = [piece.casefold() for piece in pattern.pieces if piece]
    if len(pieces) == 1:
        (only,) = pieces
        return lambda text: only in text.casefold()

    def somewhere(text: str) -> bool:
        folded = text.casefold()
        return _in_order(folded, pieces, 0, len(folded))

    return somewhere


def _in_order(text: str, pieces: list[str], start: int, end: int) -> bool:
    for piece in pieces:
        found = text.find(piece, start, end)
        if found < 0:
            return False
        start = found + len(piece)
    return True


def everything(letter: Letter) -> Iterator[str]:
    """Yield the texts in which a bare word is looked for: all values of a letter and its headers.

    Of a body that is no dead letter that is all its text, of a task that could not be read the
    message as it came.
    """
    yield from letter.headers.values()
    value = letter.value
    if value is None:
        yield letter.body.decode("utf-8", "replace")
        return
    raw = value.get("raw")
    if isinstance(raw, str):
        message = decode_raw(raw)
        yield raw if message is None else message.decode("utf-8", "replace")
        value = {name: content for name, content in value.items() if name != "raw"}
    yield from leaves(value)


def leaves(value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever JSON held
    """Yield the texts and numbers in a JSON value, at any depth."""
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, Mapping):
            stack.extend(current.values())
        elif isinstance(current, list):
            stack.extend(current)
        elif isinstance(current, str):
            yield current
        elif isinstance(current, (int, float)) and not isinstance(current, bool):
            yield repr(current)


def at_path(payload: Mapping[str, Any] | None, path: str) -> list[Any]:
    """Return the JSON values at a path of keys with dots; of a list, what each member has."""
    found: list[Any] = [payload]
    for name in path.split("."):
        found = [
            value[name] for value in _members(found) if isinstance(value, Mapping) and name in value
        ]
    return _members(found)


def _members(values: list[Any]) -> list[Any]:
    members: list[Any] = []
    for value in values:
        if isinstance(value, list):
            members += value
        else:
            members.append(value)
    return members


def as_text(value: Any) -> str:  # noqa: ANN401 - whatever JSON held
    """Return a JSON value as a filter compares it: null is empty, of more than a value its size."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Mapping, list)):
        return "{…}" if value else ""
    return value if isinstance(value, str) else repr(value)
