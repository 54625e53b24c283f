"""How the overview draws the verdict: how much is wrong, and what, worst first. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from farutech_console.language import tr
from farutech_console.operations.units import duration, plural
from farutech_console.operations.watch.verdict import counted, headline
from farutech_console.tui.common.spans import Line, Span, line
from worker.model.cells import fit, width_of
from worker.model.text import literal
from worker.model.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from farutech_console.operations.model import QueueStatus
    from farutech_console.operations.watch.problem import Grade, Problem

POINTER = "› "  # noqa: RUF001 - a glyph
LINK = "  ⏎"
GLYPHS: dict[Grade, str] = {"bad": "✖", "warn": "▲"}
MOST_HEAD = 3
"""Lines of the headline."""

LABEL = 4
"""Cells before the text of a problem: the pointer and the glyph."""


class VerdictLine(NamedTuple):
    """A line, and the problem that it is of; None for what is of none."""

    spans: Line
    problem: int | None = None


def verdict_lines(
    status: QueueStatus,
    found: Sequence[Problem],
    chosen: int,
    *,
    width: int,
    most: int,
    old: float | None = None,
) -> list[VerdictLine]:
    """Return the verdict in at most so many lines, three at least: a headline, and each problem.

    The chosen problem is told in full as far as there is room, the others in a line. Where not all
    have one the headline takes the lines, and beneath it is the chosen problem alone. `old` is the
    age in seconds of data that is not fresh.
    """
    if not found:
        return [VerdictLine(_well(status, old))]
    since = tr("{span} ago: ", span=duration(old)) if old is not None else ""
    worst = found[0].grade
    # What one alone is stands beneath, in full.
    said = headline(found) if len(found) > 1 else counted(found)
    told = f"{GLYPHS[worst]} {since}{literal(said)}"
    crowded = len(found) + 1 > most
    wanted = most - 1 if crowded else most - len(found)
    head = _within(told, width, min(wanted, MOST_HEAD))
    lines = [VerdictLine(line(Span(piece, worst))) for piece in head]
    rest = most - len(head)
    if crowded:
        place = f" {chosen + 1}/{len(found)} j k"
        return lines + [VerdictLine(x, chosen) for x in _chosen(found[chosen], width, rest, place)]
    spare = rest - len(found) + 1
    for index, problem in enumerate(found):
        is_it = index == chosen
        spans = _chosen(problem, width, spare) if is_it else [_cut(problem, width)]
        lines += [VerdictLine(each, index) for each in spans]
    return lines


def _within(text: str, width: int, most: int) -> list[str]:
    """Return the text in at most so many pieces, the last one cut."""
    pieces = wrap(text, width)
    whole = pieces[: most - 1] if len(pieces) > most else pieces
    left = "".join(pieces[len(whole) :])
    shown = [piece.rstrip() for piece in whole]
    return [*shown, fit(left, max(1, width)).rstrip()] if left else shown


def _well(status: QueueStatus, old: float | None) -> Line:
    tasks = plural(status.tasks, "task")
    figures = tr("   {tasks} in the queue, no dead letters", tasks=tasks)
    if old is not None:
        return line(Span(tr("● All was well {span} ago", span=duration(old)), "warn"), figures)
    return line(Span(tr("● All is well"), "ok"), figures)


def _chosen(problem: Problem, width: int, most: int, place: str = "") -> list[Line]:
    pieces = _within(literal(problem.text), width - LABEL, most)
    link = (LINK if problem.room else " ") + place
    free = max(1, width - LABEL - width_of(link))
    if width_of(pieces[-1]) > free and len(pieces) < most:
        pieces.append("")
    pieces[-1] = fit(pieces[-1], min(free, max(1, width_of(pieces[-1]))))
    starts = [Span(POINTER, "accent"), *(Span("  ") for _ in pieces[1:])]
    glyphs = [f"{GLYPHS[problem.grade]} ", *("  " for _ in pieces[1:])]
    lines = [
        line(start, Span(glyph + piece, problem.grade))
        for start, glyph, piece in zip(starts, glyphs, pieces, strict=True)
    ]
    lines[-1] = (*lines[-1], Span(link.rstrip(), "accent"))
    return lines


def _cut(problem: Problem, width: int) -> Line:
    text = fit(literal(problem.text), max(1, width - LABEL)).rstrip()
    return line(Span(f"  {GLYPHS[problem.grade]} {text}", problem.grade))
