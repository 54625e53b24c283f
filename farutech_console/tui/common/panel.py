"""A framed list of figures."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from farutech_console.tui.common.spans import Line, Span, Tone, content, line

LABEL = 12


class Panel(Widget):
    """Labels and values under a title; or why there are none."""

    DEFAULT_CSS = """
    Panel {
        width: 1fr; height: 1fr; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis;
        border: round $border; border-title-color: $foreground; border-subtitle-color: $tone-muted;
    }
    """

    def __init__(self, title: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._figures: tuple[tuple[str, str, Tone], ...] = ()
        self._empty = ""
        # Nothing in it is parsed.
        self.border_title = Content(title)

    def show(self, figures: Sequence[tuple[str, str, Tone]], *, empty: str = "") -> None:
        """Show these figures, or the text where there are none."""
        if (tuple(figures), empty) != (self._figures, self._empty):
            self._figures, self._empty = tuple(figures), empty
            self.refresh()

    def note(self, text: str) -> None:
        """Say something at the foot of the frame, such as how old the figures are."""
        if str(self.border_subtitle or "") != text:
            self.border_subtitle = Content(text)

    def render(self) -> Content:
        """Draw the labels in a column."""
        if not self._figures:
            return content([line(Span(self._empty, "muted"))])
        return content([self._figure(*figure) for figure in self._figures])

    @staticmethod
    def _figure(name: str, text: str, tone: Tone) -> Line:
        return line(Span(f"{name:<{LABEL}} ", "muted"), Span(text, tone))
