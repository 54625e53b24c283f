"""Curves over time in a frame, with what they stand at now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from farutech_console.language import tr
from farutech_console.tui.common.canvas import Curve, plot
from farutech_console.tui.common.lines import Lines
from farutech_console.tui.common.spans import Line, line, one_line
from worker.model.wrapping import wrap

if TYPE_CHECKING:
    from datetime import datetime


class Chart(Lines):
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
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._least = least
        self._curves: tuple[Curve, ...] = ()
        self._seconds = 900.0
        self._until = 0.0
        self._note = tr("no figures yet")
        self._legend: Line = ()
        self.border_title = title

    def name_it(self, title: str) -> None:
        """Set the title."""
        if title != self.border_title:
            self.border_title = title

    def draw(
        self,
        curves: Sequence[Curve],
        seconds: float,
        *,
        until: datetime,
        legend: Line,
        note: str,
    ) -> None:
        """Show these curves over the last `seconds` before `until`.

        `note` says why there are none. Only rows are painted in which a dot moved.
        """
        self._curves, self._seconds, self._note = tuple(curves), seconds, note
        self._until = until.timestamp()
        self.put(self._plotted())
        if legend != self._legend:
            self._legend = legend
            self.border_subtitle = one_line(legend)

    def _plotted(self) -> list[Line]:
        width, height = self.content_size
        if not any(curve.points for curve in self._curves):
            return [line(piece) for piece in wrap(self._note, max(1, width))]
        return plot(self._curves, width, height, self._seconds, self._least, until=self._until)

    def on_resize(self) -> None:
        """Draw the curves at the size there is."""
        self.put(self._plotted())
