"""Untrusted text made literal: whatever a message holds, a terminal only shows it."""

from __future__ import annotations

import re

from worker.model.cells import CODE_POINTS_PER_CELL, ELLIPSIS, fit, width_of

# Characters that steer a terminal, hide, or cannot be encoded: C0, C1, DEL, the line separators,
# lone surrogates, tags, and all that Unicode calls Default_Ignorable (bidi overrides, zero width,
# fillers, variation selectors). Marks that combine are shown: they have a glyph.
_HIDDEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "]"
)
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def literal(text: str, width: int | None = None) -> str:
    r"""Return `text` on one line, with nothing in it that a terminal would obey or hide.

    Control characters, bidi overrides, zero-width characters and lone surrogates become escapes
    such as `\n`, `\x1b` and `\u202e`; everything else, a backslash too, stays as it is. With
    `width` the result takes at most that many terminal columns, its end cut to `…`; the work is
    then bounded by the width, not by the text.
    """
    if width is None:
        return _HIDDEN.sub(_escape, text)
    bound = max(width, 0) * CODE_POINTS_PER_CELL
    shown = _HIDDEN.sub(_escape, text[:bound])
    if len(text) <= bound and width_of(shown) <= width:
        return shown
    return _cut(text[:bound], width)


def padded(text: str, width: int) -> str:
    """Return `text` made literal in exactly `width` columns: cut, or filled with spaces."""
    return fit(literal(text, width), width)


def _cut(text: str, width: int) -> str:
    if width < 1:
        return ""
    pieces: list[str] = []
    used = 0
    for char in text:
        piece = _HIDDEN.sub(_escape, char)
        size = width_of(piece)
        if used + size > width - 1:
            break
        pieces.append(piece)
        used += size
    return "".join(pieces) + ELLIPSIS


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    if char in _NAMED:
        return _NAMED[char]
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
