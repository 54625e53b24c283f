"""The lines of an open letter: each can be copied, some can be folded. Pure."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from farutech_console.language import trn
from farutech_console.operations.letters.secrets import HIDDEN, is_secret, without_secrets
from farutech_console.operations.units import count
from farutech_console.tui.common.spans import Line, Span, Tone, line
from worker.model.text import literal

STEP = "  "
COLON = Span(": ", "muted")
DEEPEST = 60
"""Levels of JSON that are told apart; what lies deeper stands on one line."""
LONGEST = 64 * 1024
"""Characters of one value that are shown; the rest is counted."""
MOST_LINES = 20_000
"""Lines of one JSON text that are shown."""


class Whole:
    """JSON that lines open and close: made text only when it is copied.

    Each level holds all that is beneath it: of a megabyte the texts of all take a second.
    """

    def __init__(self, value: object, *, secrets: bool) -> None:
        self._value, self._secrets = value, secrets

    def __str__(self) -> str:
        """Return it as JSON for people, its secrets hidden unless they are shown."""
        return dumped(self._value if self._secrets else cleared(self._value))


class Part(NamedTuple):
    """One line. `copy` is what it stands for; `opens` names what it can fold.

    `inside` are the names of all that it is in: folded is what has one of them closed.
    """

    spans: Line
    copy: str | Whole = ""
    opens: str = ""
    inside: tuple[str, ...] = ()


def section(title: str, parts: Iterable[Part], copy: str = "") -> list[Part]:
    """Return parts under a title that folds them; nothing where there are none."""
    held = [part._replace(inside=(title, *part.inside)) for part in parts]
    head = Part(line(Span(title, "accent")), copy, title)
    return [Part(()), head, *held] if held else []


def shown(parts: Sequence[Part], closed: Container[str]) -> list[Part]:
    """Return the parts that are not folded away; what is folded tells how much is in it."""
    hidden: dict[str, int] = {}
    seen: list[Part] = []
    for part in parts:
        shut = next((name for name in part.inside if name in closed), "")
        if shut:
            hidden[shut] = hidden.get(shut, 0) + 1
        else:
            seen.append(part)
    return [_headed(part, hidden.get(part.opens, 0)) if part.opens else part for part in seen]


def _headed(part: Part, hidden: int) -> Part:
    if not hidden:
        return part
    more = trn("{n} line", "{n} lines", hidden, n=count(hidden))
    return part._replace(spans=(*part.spans, Span(f" … {more}", "muted")))


def json_parts(value: object, name: str, *, secrets: bool) -> Iterator[Part]:
    """Yield JSON line by line, coloured; with `secrets` what looks like one is shown as it is."""
    for number, part in enumerate(_Json(secrets=secrets).of(value, name)):
        if number >= MOST_LINES:
            yield Part(line(Span("…", "warn")))
            return
        yield part


class _Json:
    """Makes the lines of a value. Spans that occur again are made once: of a megabyte, very many.

    The garbage collector looks at each.
    """

    def __init__(self, *, secrets: bool) -> None:
        self._secrets = secrets
        self._keys: dict[str, Span] = {}

    def of(
        self,
        value: object,
        path: str,
        lead: Line = (),
        *,
        inside: tuple[str, ...] = (),
        end: str = "",
    ) -> Iterator[Part]:
        """Yield a value; `lead` stands before it, `end` behind."""
        depth = len(inside)
        if not isinstance(value, (Mapping, list, tuple)) or not value or depth >= DEEPEST:
            yield self._leaf(value, lead, inside, end)
            return
        named = isinstance(value, Mapping)
        opening, closing = "{}" if named else "[]"
        copied = Whole(value, secrets=self._secrets)
        yield Part((*lead, Span(opening, "muted")), copied, path, inside)
        within = (*inside, path)
        indent = Span(STEP * (depth + 1))
        pairs = list(value.items() if isinstance(value, Mapping) else enumerate(value))
        for number, (key, one) in enumerate(pairs):
            comma = "," if number < len(pairs) - 1 else ""
            before: Line = (indent,)
            if named:
                before = (indent, self._key(str(key)), COLON)
            if named and self._hides(str(key)):
                yield Part((*before, Span(f'"{HIDDEN}"', "warn"), Span(comma, "muted")), HIDDEN,
                           inside=within)  # fmt: skip
            else:
                yield from self.of(one, f"{path}.{key}", before, inside=within, end=comma)
        yield Part((Span(STEP * depth), Span(f"{closing}{end}", "muted")), copied, inside=within)

    def _leaf(self, value: object, lead: Line, inside: tuple[str, ...], end: str) -> Part:
        said = value if self._secrets else cleared(value)
        text = dumped(said, indent=None)
        cut = f"… {count(len(text) - LONGEST)} more" if len(text) > LONGEST else ""
        spans = (*lead, Span(f"{literal(text[:LONGEST])}{cut}{end}", _tone(value)))
        return Part(spans, said if isinstance(said, str) else text, inside=inside)

    def _key(self, key: str) -> Span:
        """Return a key as it stands before its value."""
        if key not in self._keys:
            self._keys[key] = Span(literal(json.dumps(key, ensure_ascii=False)), "accent")
        return self._keys[key]

    def _hides(self, key: str) -> bool:
        return not self._secrets and is_secret(key)


def cleared(value: object) -> object:
    """Return a value with its secrets hidden."""
    if isinstance(value, Mapping):
        return {key: HIDDEN if is_secret(str(key)) else cleared(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [cleared(one) for one in value]
    return without_secrets(value) if isinstance(value, str) else value


def dumped(value: object, indent: int | None = 2) -> str:
    """Return a value as JSON for people."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _tone(value: object) -> Tone:
    if isinstance(value, str):
        return "ok"
    if value is None or isinstance(value, bool):
        return "third"
    return "second" if isinstance(value, (int, float)) else "plain"
