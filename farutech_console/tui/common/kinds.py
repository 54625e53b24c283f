"""What can happen to a task, as lists and stories show it: a glyph, a word and a tone. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from farutech_console.language import msg, tr
from farutech_console.tui.common.spans import Span, Tone
from worker.model.cells import width_of
from worker.model.text import literal

WIDTH = 14
"""Cells of the longest, and one between it and what follows."""

_KINDS: Mapping[str, tuple[str, str, Tone]] = {
    "published": ("+", msg("published"), "accent"),
    "received": ("→", msg("received"), "plain"),
    "started": ("▸", msg("started"), "plain"),
    "held": ("‖", msg("held"), "warn"),
    "progress": ("…", msg("progress"), "muted"),
    "in_progress": ("…", msg("in progress"), "muted"),
    "succeeded": ("●", msg("succeeded"), "ok"),
    "retrying": ("↻", msg("retrying"), "warn"),
    "dead_lettered": ("✖", msg("dead letter"), "bad"),
    "terminated": ("■", msg("terminated"), "muted"),
    "exhausted": ("✖", msg("exhausted"), "bad"),
    "duplicate_skipped": ("=", msg("duplicate"), "muted"),
    "replayed": ("↺", msg("sent again"), "accent"),
    "edited": ("↺", msg("was edited"), "accent"),
    "purged": ("✖", msg("was purged"), "warn"),
}


def kind_column(kind: str) -> Span:
    """Return what happened, filled up to `WIDTH` cells."""
    span = kind_span(kind)
    return Span(span.text + " " * (WIDTH - width_of(span.text)), span.tone)


def kind_span(kind: str) -> Span:
    """Return what happened; a kind that is not known as it stands."""
    known = _KINDS.get(kind)
    if known is None:
        return Span(literal(kind, WIDTH - 1))
    glyph, word, tone = known
    return Span(f"{glyph} {tr(word)}", tone)
