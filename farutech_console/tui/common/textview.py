"""Long text that scrolls: wrapped and drawn a line at a time, whatever its length."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from farutech_console.tui.common.spans import TONE_CLASSES, Line, Span, cells_of
from farutech_console.tui.keys import bindings
from worker.model.wrapping import wrap

ROOM = 16
"""Columns that labels have to leave for what they stand before."""

BELOW = "    "
"""Stands before what lies below its labels."""


class TextView(ScrollView, can_focus=True):
    """Lines of spans; the last span of a line wraps under itself."""

    COMPONENT_CLASSES = TONE_CLASSES
    BINDINGS = bindings("table")
    DEFAULT_CSS = """
    TextView {
        height: 1fr; overflow-x: hidden; overflow-y: auto;
        scrollbar-size: 0 1; scrollbar-gutter: stable;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()
        self._long: dict[Line, list[Line]] = {}
        self._long_width = 0
        self._wrapped: list[Line] = []
        self._starts: list[int] = []

    @property
    def lines(self) -> Sequence[Line]:
        """What it shows, before wrapping."""
        return self._lines

    def show(self, lines: Sequence[Line], *, from_top: bool = False) -> None:
        """Show these lines; what is in view stays, or the top is."""
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self._lay_out()
        if from_top:
            self.scroll_to(y=0, animate=False, force=True)

    def on_resize(self) -> None:
        """Wrap anew."""
        self._lay_out()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines there are at this width, for a view as high as its text.

        The scrollbar's column is kept free, so that it never covers the end of a line.
        """
        del container, viewport
        rows, _ = self._wrap(width - self.scrollbar_size_vertical)
        return len(rows)

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        if not width:
            return  # not on the screen yet; `on_resize` comes when it is
        self._wrapped, self._starts = self._wrap(width)
        self.virtual_size = Size(width, len(self._wrapped))
        self.refresh()

    def _wrap(self, width: int) -> tuple[list[Line], list[int]]:
        """Return the rows, and at which each line begins, with the end of the last one behind.

        What was wrapped before at this width is not wrapped again.
        """
        before = self._long if width == self._long_width else {}
        self._long, self._long_width = {}, width
        rows: list[Line] = []
        starts: list[int] = []
        for spans in self._lines:
            starts.append(len(rows))
            if cells_of(spans) <= width:
                rows.append(spans)
            else:
                pieces = self._long[spans] = before.get(spans) or wrapped(spans, width)
                rows += pieces
        return rows, [*starts, len(rows)]

    def render_line(self, y: int) -> Strip:
        """Draw the line that is scrolled there."""
        width = self.scrollable_content_region.width
        index = self.scroll_offset.y + y
        if index >= len(self._wrapped):
            return Strip.blank(width, self.rich_style)
        base = self.row_style(index)
        segments = [
            Segment(
                span.text, base + self.get_component_rich_style(f"tone--{span.tone}", partial=True)
            )
            for span in self._wrapped[index]
        ]
        return Strip(segments).adjust_cell_length(width, base)

    def row_style(self, row: int) -> Style:
        """Return what a row is drawn with; `row` counts wrapped lines from the top."""
        del row
        return self.rich_style

    def action_cursor_down(self) -> None:
        """One line down."""
        self.scroll_relative(y=1, animate=False)

    def action_cursor_up(self) -> None:
        """One line up."""
        self.scroll_relative(y=-1, animate=False)

    def action_page_down(self) -> None:
        """A page down."""
        self.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """A page up."""
        self.scroll_page_up(animate=False)

    def action_first(self) -> None:
        """To the top."""
        self.scroll_home(animate=False)

    def action_last(self) -> None:
        """To the end."""
        self.scroll_end(animate=False)


def wrapped(spans: Line, width: int) -> list[Line]:
    """Wrap the last span of a line under itself, so that labels and indents keep their column.

    Labels that leave it no room are wrapped themselves, and it stands below them.
    """
    if cells_of(spans) <= width:
        return [spans]
    *labels, last = spans
    indent = cells_of(labels)
    if labels and indent > width - ROOM:
        tone = max(labels, key=lambda span: len(span.text)).tone
        told = wrap("".join(span.text for span in labels), max(8, width))
        below = [
            (Span(BELOW), Span(piece, last.tone)) for piece in _pieces(last, width, len(BELOW))
        ]
        return [*((Span(piece, tone),) for piece in told), *below]
    inner = len(last.text) - len(last.text.lstrip(" "))
    if 0 < inner <= width - ROOM - indent:
        labels.append(Span(last.text[:inner], last.tone))
        last, indent = Span(last.text[inner:], last.tone), indent + inner
    pieces = _pieces(last, width, indent)
    first: Line = (*labels, Span(pieces[0], last.tone))
    return [first, *((Span(" " * indent), Span(piece, last.tone)) for piece in pieces[1:])]


def _pieces(span: Span, width: int, indent: int) -> list[str]:
    return wrap(span.text, max(8, width - indent))
