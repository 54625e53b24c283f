"""Lines that stand beneath each other: of many, only those are painted anew that changed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

from farutech_console.tui.common.spans import Line, Tone, cells_of, content, one_line, style_of


class Lines(Widget):
    """Shows the lines that it is given with `put`; each takes one row, and is cut where it ends."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()
        self._tones: dict[Tone, Style] = {}

    def put(self, lines: Sequence[Line]) -> None:
        """Show these lines."""
        before, self._lines = self._lines, tuple(lines)
        if len(before) != len(self._lines):
            self.refresh()
            return
        width = self.content_size.width
        pairs = enumerate(zip(before, self._lines, strict=True))
        changed = [Region(0, y, width, 1) for y, (old, new) in pairs if old != new]
        if changed:
            self.refresh(*changed)

    def notify_style_update(self) -> None:
        """Draw in the new colours."""
        super().notify_style_update()
        self._tones.clear()

    def render(self) -> Content:
        """Return all lines, to be measured and selected."""
        return content(self._lines)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        if self.text_selection is not None:
            return super().render_line(y)
        width, spans = self.content_size.width, self._lines[y] if y < len(self._lines) else ()
        cells = cells_of(spans)
        if cells > width:
            return Visual.to_strips(self, one_line(spans), width, 1, self.visual_style)[0]
        segments = [Segment(span.text, self._style(span.tone)) for span in spans]
        return Strip(segments, cells).extend_cell_length(width, self._style("plain"))

    def _style(self, tone: Tone) -> Style:
        style = self._tones.get(tone)
        if style is None:
            style = self._tones[tone] = (self.visual_style + style_of(tone)).rich_style
        return style
