"""Text in lines of at most so many cells, broken between words where that can be. Pure."""

from __future__ import annotations

from worker.model.cells import width_of

SPACE = " "


def wrap(text: str, width: int) -> list[str]:
    """Return `text` in pieces of at most `width` cells that together are the text again.

    A piece ends behind a space or beside a wide character where it can, else at any cell. The one
    space of a break may stand beyond the width, where nothing is drawn. One piece at least.
    """
    width = max(1, width)
    find_end = _end_in_ascii if text.isascii() else _end
    pieces: list[str] = []
    start = 0
    while start < len(text):
        end = find_end(text, start, width)
        pieces.append(text[start:end])
        start = end
    return pieces or [""]


def _end_in_ascii(text: str, start: int, width: int) -> int:
    limit = start + width
    if limit >= len(text):
        return len(text)
    if text[limit] == SPACE != text[limit - 1]:
        return limit + 1
    space = text.rfind(SPACE, start, limit)
    return space + 1 if text[start : space + 1].strip(SPACE) else limit


def _end(text: str, start: int, width: int) -> int:
    """Return where the piece that begins at `start` ends."""
    used, between, worded, last = 0, start, False, SPACE
    for at in range(start, len(text)):
        character = text[at]
        cells = width_of(character)
        if worded and cells and _may_break(last, character):
            between = at
        if used + cells > width and at > start:
            if character == SPACE != last:
                return at + 1
            return between if between > start else at
        worded = worded or character != SPACE
        used, last = used + cells, character if cells else last
    return len(text)


def _may_break(before: str, behind: str) -> bool:
    if behind == SPACE:
        return False
    return before == SPACE or width_of(before) > 1 or width_of(behind) > 1
