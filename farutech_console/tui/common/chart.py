"""Curves over time in a frame, with what they stand at now."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from farutech_console.tui.common.canvas import Curve, plot
from farutech_console.tui.common.spans import Line, content, line, one_line


class Chart(Widget):
    """A chart that says why it is empty. Give it curves with `draw`.

    Its value axis never ends below `least`.
    """

    DEFAULT_CSS = """
    Chart {
        height: 1fr; width: 1fr; padding: 0 1;
        border: round $border;
        border-title-color: $foreground; border-subtitle-color: $tone-muted;
    }
    """

    def __init__(
        self,
        title: str,
        *,
        least: float = 1.0,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self._least = least
        self._curves: tuple[Curve, ...] = ()
        self._seconds = 900.0
        self._note = "no figures yet"
        self.border_title = title

    def draw(self, curves: Sequence[Curve], seconds: float, *, legend: Line, note: str) -> None:
        """Show these curves over the last `seconds`; `note` says why there are none."""
        shown = tuple(curves), seconds, note
        if shown != (self._curves, self._seconds, self._note):
            self._curves, self._seconds, self._note = shown
            self.refresh()
        self.border_subtitle = one_line(legend)

    def render(self) -> Content:
        """Draw the curves at the size there is."""
        width, height = self.content_size
        if not any(curve.points for curve in self._curves):
            return content([line(self._note)])
        lines: list[Line] = plot(self._curves, width, height, self._seconds, self._least)
        return content(lines)
