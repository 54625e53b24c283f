"""What may stand at a place of a filter that is being typed: keys, operators, values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from farutech_console.language import msg, tr
from farutech_console.operations.filter.keys import KEYS, Key, Kind
from farutech_console.operations.filter.syntax import KEY, NEGATIONS, QUOTED, quoted, unquoted

Known = Mapping[str, Sequence[str]]
"""Values that are known to occur, by key, likely ones first; of `payload` and `header` the paths,
and the values of one as `payload.plan`."""

_HELP_OF_OPERATORS: Mapping[str, str] = {
    ":": msg("is exactly, * for anything"),
    "~": msg("contains"),
    "<": msg("less than"),
    "<=": msg("at most"),
    ">": msg("more than"),
    ">=": msg("at least"),
}
_EXAMPLES: Mapping[Kind, Sequence[str]] = {"age": ("15m", "1h", "6h", "1d")}
_BETWEEN = re.compile(r"[\s()]")
_PATH = re.compile(r"([A-Za-z_]+)\.([^\s\"*,()<>=:~!]*)")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to put in place of the text from `start` up to the cursor, and what it means."""

    text: str
    start: int
    help: str


def suggest(text: str, cursor: int, known: Known | None = None) -> tuple[Suggestion, ...]:
    """Return what may be meant where the cursor stands, likely first; it is total.

    `cursor` counts characters before it. What is to the right of it is not looked at.
    """
    before = text[: max(cursor, 0)]
    start = _start_of_part(before)
    while start < len(before) and before[start] in NEGATIONS:
        start += 1
    part = before[start:]
    match = KEY.match(part)
    key = KEYS.get(match["name"].lower()) if match else None
    if match is None:
        return tuple(_keys(part, start, known or {}, after_something=bool(before[:start].strip())))
    if key is None:
        return ()
    name = f"{key.name}.{match['path']}" if match["path"] else key.name
    value, begin = _last_value(part[match.end() :], start + match.end())
    return tuple(_values(key, name, value, begin, known or {}))


def _start_of_part(text: str) -> int:
    """Return where the part begins that the text ends in; a quote that is open goes on."""
    start = at = 0
    while at < len(text):
        if text[at] == '"':
            closed = QUOTED.match(text, at)
            if closed is None:
                return start
            at = closed.end()
        else:
            at += 1
            if _BETWEEN.match(text[at - 1]):
                start = at
    return start


def _last_value(text: str, begin: int) -> tuple[str, int]:
    """Return the last of values with commas between, without its quote, and where it begins."""
    start = at = 0
    while at < len(text):
        closed = QUOTED.match(text, at) if text[at] == '"' else None
        if text[at] == '"' and closed is None:
            return unquoted(text[at + 1 :]), begin + at
        at = closed.end() if closed else at + 1
        if text[at - 1] == "," and closed is None:
            start = at
    return text[start:], begin + start


def _keys(part: str, start: int, known: Known, *, after_something: bool) -> Iterator[Suggestion]:
    typed = part.lower()
    path = _PATH.fullmatch(part)
    if path is not None:
        key = KEYS.get(path[1].lower())
        for name in known.get(key.name, ()) if key and key.pathed else ():
            if name.lower().startswith(path[2].lower()):
                yield Suggestion(f"{path[1].lower()}.{name}:", start, tr(key.help) if key else "")
        return
    for key in KEYS.values():
        if key.name == typed and not key.pathed:
            for operator in key.operators:
                sign = ":~" if operator == "~" else operator
                yield Suggestion(f"{key.name}{sign}", start, tr(_HELP_OF_OPERATORS[operator]))
        elif key.name.startswith(typed):
            yield Suggestion(_beginning(key), start, f"{tr(key.help)}: {key.example}")
    words = ("or", "not") if after_something else ("not",)
    for word in words:
        if typed and word.startswith(typed):
            meaning = tr("any of both") if word == "or" else tr("all others")
            yield Suggestion(f"{word} ", start, meaning)


def _beginning(key: Key) -> str:
    """Return how a test of this key usually begins: as in its example."""
    if key.pathed:
        return f"{key.name}."
    match = KEY.match(key.example)
    return f"{key.name}{match['sign'] if match else ':'}"


def _values(key: Key, name: str, typed: str, start: int, known: Known) -> Iterator[Suggestion]:
    values = known.get(name, ()) or key.choices or _EXAMPLES.get(key.kind, ())
    for value in values:
        if value.casefold().startswith(typed.casefold()) and value != typed:
            shown = quoted(value, always=value.startswith("~")) or '""'
            yield Suggestion(shown, start, tr(key.help))
