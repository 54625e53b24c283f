"""Text with a tone: what the pure rooms answer, and how it becomes something to draw.

A span's text is drawn as it stands: markup in it is never parsed. Whatever came over the wire
has to go through `worker.model.text.literal` before, so that no control character is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

from textual.content import Content
from textual.style import Style

from worker.model.cells import width_of

Tone = Literal[
    "plain",
    "muted",
    "strong",
    "ok",
    "warn",
    "bad",
    "accent",
    "first",
    "second",
    "third",
    "badge",
    "alert",
    "unset",
]
TONES: tuple[Tone, ...] = get_args(Tone)

TONE_CLASSES = {f"tone--{tone}" for tone in TONES}
"""The component classes that widgets which draw their own lines take their styles from."""

_STYLES: dict[Tone, str] = {
    "plain": "",
    "muted": "$tone-muted",
    "strong": "bold",
    "ok": "$tone-ok",
    "warn": "$tone-warn",
    "bad": "bold $tone-bad",
    "accent": "$tone-accent",
    "first": "$tone-first",
    "second": "$tone-second",
    "third": "$tone-third",
    "badge": "bold $background on $tone-accent",
    "alert": "bold $background on $tone-bad",
    "unset": "$background on $tone-muted",
}


class Span(NamedTuple):
    """A run of text in one tone."""

    text: str
    tone: Tone = "plain"


Line = tuple[Span, ...]


def line(*parts: str | Span) -> Line:
    """Return a line of spans; a bare string is plain."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


def content(lines: Iterable[Line]) -> Content:
    """Return lines as what a widget shows, nothing in them parsed."""
    return Content("\n").join(one_line(spans) for spans in lines)


def one_line(spans: Line) -> Content:
    """Return one line as what a widget shows."""
    return Content.assemble(*((span.text, _STYLES[span.tone]) for span in spans))


def style_of(tone: Tone) -> Style:
    """Return what a tone looks like in the theme of the app that runs."""
    return Style.parse(_STYLES[tone])


def cells_of(spans: Iterable[Span]) -> int:
    """Return how many terminal cells the spans take."""
    return sum(width_of(span.text) for span in spans)


def text_of(spans: Line) -> str:
    """Return a line's bare text."""
    return "".join(span.text for span in spans)
