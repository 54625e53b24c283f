"""Text in terminal cells: how many it takes, and cut or padded to so many.

Wide characters take two cells, and marks that join the character before them none. What is measured
holds nothing that a terminal obeys or hides: `worker.model.text.literal` sees to that.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

ELLIPSIS = "…"

CODE_POINTS_PER_CELL = 8
"""No glyph needs more to fill one cell, however many marks are piled on it."""

_MARKS = ("Mn", "Me", "Mc")
# Vowels and finals of Hangul, which join the consonant before; skin tones; Egyptian joiners.
_JOINED = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff\U0001f3fb-\U0001f3ff\U00013430-\U0001343f]")
# Wide since Unicode 16, whatever this Python's tables say: trigrams, hexagrams, counting rods.
_WIDENED = re.compile("[\u2630-\u2637\u268a-\u268f\u4dc0-\u4dff\U0001d300-\U0001d376]")
# Where a character that this Python does not know yet is wide: pictures, ideographs.
_WIDE_WHEN_NEW = re.compile("[\U0001f6d0-\U0001f6ff\U0001fa70-\U0001faff\U00020000-\U0003fffd]")


def width_of(text: str) -> int:
    """Return how many cells a line of text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_width_of, text))


def head(text: str, width: int) -> str:
    """Return as much of the beginning as `width` cells hold."""
    if text.isascii():
        return text[: max(width, 0)]
    used = 0
    for at, character in enumerate(text):
        used += _width_of(character)
        if used > width:
            return text[:at]
    return text


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return `text` in exactly `width` cells: its end cut to `…`, or filled with spaces.

    With `right` the spaces come first. The work is bounded by the width, not by the text.
    """
    if width < 1:
        return ""
    shown = text[: CODE_POINTS_PER_CELL * width]
    if len(shown) < len(text) or width_of(shown) > width:
        shown = head(shown, width - 1)
        return shown + " " * (width - 1 - width_of(shown)) + ELLIPSIS
    padding = " " * (width - width_of(shown))
    return padding + shown if right else shown + padding


def fit_ends(text: str, width: int) -> str:
    """Return `text` in exactly `width` cells: its middle cut to `…`, or filled with spaces.

    For names, which differ at their ends. The work is bounded by the width, not by the text.
    """
    end = max(width - 1, 0) // 2
    if end < 1 or (len(text) <= CODE_POINTS_PER_CELL * width and width_of(text) <= width):
        return fit(text, width)
    begin = width - 1 - end
    first = head(text[: CODE_POINTS_PER_CELL * begin], begin)
    return fit(first + ELLIPSIS + _tail(text[-CODE_POINTS_PER_CELL * end :], end), width)


def _tail(text: str, width: int) -> str:
    """Return as much of the end as `width` cells hold, from a character that stands alone."""
    used, begin = 0, len(text)
    for at in range(len(text) - 1, -1, -1):
        wide = _width_of(text[at])
        used += wide
        if used > width:
            break
        begin = at if wide else begin
    return text[begin:]


@lru_cache(maxsize=4096)
def _width_of(character: str) -> int:
    category = unicodedata.category(character)
    if category in _MARKS or _JOINED.match(character):
        return 0
    if category == "Cn":
        return 2 if _WIDE_WHEN_NEW.match(character) else 1
    wide = unicodedata.east_asian_width(character) in ("W", "F") or _WIDENED.match(character)
    return 2 if wide else 1
