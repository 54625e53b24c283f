"""A framed list of figures."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from farutech_console.tui.common.lines import Lines
from farutech_console.tui.common.spans import Line, Span, Tone, line

LABEL = 12


class Panel(Lines):
    """Labels and values under a title; or why there are none."""

    DEFAULT_CSS = """
    Panel {
        width: 1fr; height: 1fr; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis;
        border: round $border; border-title-color: $foreground; border-subtitle-color: $tone-muted;
    }
    """

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        # Nothing in it is parsed.
        self.border_title = Content(title)

    def show(self, figures: Sequence[tuple[str, str, Tone]], *, empty: str = "") -> None:
        """Show these figures, or the text where there are none."""
        lines = [self._figure(*figure) for figure in figures]
        self.put(lines or [line(Span(empty, "muted"))])

    def note(self, text: str) -> None:
        """Say something at the foot of the frame, such as how old the figures are."""
        if str(self.border_subtitle or "") != text:
            self.border_subtitle = Content(text)

    @staticmethod
    def _figure(name: str, text: str, tone: Tone) -> Line:
        return line(Span(f"{name:<{LABEL}} ", "muted"), Span(text, tone))
