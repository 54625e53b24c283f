"""A table over any number of rows: only the visible ones are ever asked for or drawn.

Rows are known by a key that never changes (a stream sequence), never by their position, so the
cursor stays on its letter while others come and go.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollTo
from textual.strip import Strip
from textual.widget import Widget

from farutech_console.tui.common.spans import TONE_CLASSES, Line, Span
from farutech_console.tui.common.tablerows import Column, NoRows, Rows, column_at, laid_out
from farutech_console.tui.keys import bindings

WHEEL_ROWS = 3
GUTTER = 4
HEADER = 1
STRIPS = 400
"""Drawn rows that are kept: a row that moves up a line is not drawn again."""

Signature = tuple[int, bool, bool, tuple[Span, ...]]


class VirtualTable(ScrollView, can_focus=True):
    """The table. `show` gives it rows; it tells by `Moved` where the operator put the cursor."""

    COMPONENT_CLASSES = TONE_CLASSES | {"table--header", "table--cursor", "table--marked"}
    BINDINGS = bindings("table")
    DEFAULT_CSS = """
    VirtualTable {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        & > .table--header { color: $tone-muted; text-style: bold; }
        & > .table--cursor { background: $row-cursor; }
        & > .table--marked { text-style: bold; }
        &:blur > .table--cursor { background: $panel; }
    }
    """

    cursor: reactive[int | None] = reactive(None, repaint=False)
    """The key of the row under the cursor, None in an empty table."""

    class Moved(Message):
        """The operator moved the cursor or scrolled; `at_end` when the last row is under it."""

        def __init__(self, *, at_end: bool) -> None:
            super().__init__()
            self.at_end = at_end

    class Opened(Message):
        """A row was double-clicked."""

    class Headed(Message):
        """The heading of the column at this position was clicked."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    class Resized(Message):
        """Other columns may fit."""

    def __init__(self, *, id: str | None = None, gutter: bool = True) -> None:
        super().__init__(id=id)
        self._rows: Rows = NoRows()
        self._columns: tuple[Column, ...] = ()
        self._marks: Container[int] = frozenset()
        self._gutter = GUTTER if gutter else 2
        self._drawn: dict[int, Signature] = {}
        self._strips: dict[Signature, Strip] = {}
        self._styles: dict[str, Style] = {}
        self._index = 0

    @property
    def rows(self) -> Rows:
        """What it shows now."""
        return self._rows

    @property
    def in_view(self) -> range:
        """The positions of the rows in view."""
        top = self.scroll_offset.y
        return range(top, min(len(self._rows), top + self._page()))

    def show(
        self,
        rows: Rows,
        columns: Sequence[Column],
        marks: Container[int] = frozenset(),
        *,
        follow: bool = False,
    ) -> None:
        """Show these rows; the cursor and what is in view stay, or follow the end."""
        above = self._index - self.scroll_offset.y
        at_top = self.scroll_offset.y == 0
        self._rows, self._marks = rows, marks
        if tuple(columns) != self._columns:
            self._columns = tuple(columns)
            self._draw_all()
        self._place_cursor(follow=follow)
        self._set_extent(Size(self._across(), len(rows) + HEADER))
        if follow:
            self._scroll(len(rows))
        elif not (at_top and self._index < self._page()):
            self._scroll(self._index - above)
        self._draw_changes()

    def _set_extent(self, size: Size) -> None:
        """Take another size to scroll over; the screen is laid out anew only where that shows."""
        if size == self.virtual_size:
            return
        needs_bar = size.height > self.container_size.height
        if size.width == self.virtual_size.width and needs_bar == self.show_vertical_scrollbar:
            self.set_reactive(Widget.virtual_size, size)
            self._scroll_update(size)
        else:
            self.virtual_size = size

    def _place_cursor(self, *, follow: bool) -> None:
        count = len(self._rows)
        if not count:
            self._index, self.cursor = 0, None
            return
        if follow:
            self._index = count - 1
        elif self.cursor is not None:
            self._index = min(self._rows.index_of(self.cursor), count - 1)
        else:
            self._index = min(self._index, count - 1)
        self.cursor = self._rows.key_at(self._index)

    def _scroll(self, top: int) -> None:
        self.scroll_to(y=max(0, top), animate=False, force=True)

    def _page(self) -> int:
        return max(1, self.scrollable_content_region.height - HEADER)

    def _across(self) -> int:
        return self.scrollable_content_region.width

    def move_to(self, index: int) -> None:
        """Put the cursor on the row at this position, as near as there is one."""
        count = len(self._rows)
        if count:
            self._index = max(0, min(index, count - 1))
            self.cursor = self._rows.key_at(self._index)
            top, height = self.scroll_offset.y, self._page()
            if self._index < top:
                self._scroll(self._index)
            elif self._index >= top + height:
                self._scroll(self._index - height + 1)
            self._draw_changes()
        self.post_message(self.Moved(at_end=self._index >= count - 1))

    def action_cursor_down(self) -> None:
        """One down."""
        self.move_to(self._index + 1)

    def action_cursor_up(self) -> None:
        """One up."""
        self.move_to(self._index - 1)

    def action_page_down(self) -> None:
        """A page down, the cursor in the same place of it."""
        self._scroll(self.scroll_offset.y + self._page())
        self.move_to(self._index + self._page())

    def action_page_up(self) -> None:
        """A page up, the cursor in the same place of it."""
        self._scroll(self.scroll_offset.y - self._page())
        self.move_to(self._index - self._page())

    def action_first(self) -> None:
        """To the first row."""
        self.move_to(0)

    def action_last(self) -> None:
        """To the last row."""
        self.move_to(len(self._rows) - 1)

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self.move_to(self._index + WHEEL_ROWS)

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self.move_to(self._index - WHEEL_ROWS)

    def _on_scroll_to(self, message: ScrollTo) -> None:
        """Drag the scrollbar: the cursor comes along, as it must stay in view."""
        super()._on_scroll_to(message)
        if message.y is not None:
            top = round(message.y)
            self.move_to(max(top, min(self._index, top + self._page() - 1)))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; twice opens the row. A heading is told of."""
        if event.y < HEADER:
            across = self._across() - self._gutter
            position = column_at(self._columns, event.x - self._gutter, across)
            if position is not None:
                self.post_message(self.Headed(position))
        elif event.y >= HEADER and (index := self.scroll_offset.y + event.y - HEADER) < len(
            self._rows
        ):
            self.move_to(index)
            if event.chain == 2:
                self.post_message(self.Opened())

    def on_resize(self) -> None:
        """Keep the cursor in view at the new size."""
        self._draw_all()
        self.virtual_size = Size(self._across(), len(self._rows) + HEADER)
        height = self._page()
        if self._index >= self.scroll_offset.y + height:
            self._scroll(self._index - height + 1)
        self.post_message(self.Resized())

    def notify_style_update(self) -> None:
        """Draw anew in the new colours."""
        super().notify_style_update()
        self._draw_all()

    def watch_has_focus(self, has_focus: bool) -> None:  # noqa: FBT001 - Textual calls it so
        """Draw the cursor as it is with the focus, or without."""
        super().watch_has_focus(has_focus)
        self._draw_all()

    def _draw_all(self) -> None:
        """Draw all lines anew; a line that Textual kept and nobody knows of would stay for ever."""
        self._drawn.clear()
        self._strips.clear()
        self._styles.clear()
        self.refresh()

    def _draw_changes(self) -> None:
        """Repaint the lines that differ from what is on screen, and only those."""
        view, across = self.in_view, self._across()
        for index in view:
            if self._drawn.get(index) != self._signature(index, across):
                self.refresh_line(index + HEADER)
        for index in [index for index in self._drawn if index not in view]:
            del self._drawn[index]
            self.refresh_line(index + HEADER)

    def _signature(self, index: int, across: int) -> Signature:
        """Return all that a row's looks depend on, drawn in so many cells."""
        key = self._rows.key_at(index)
        marked = key is not None and key in self._marks
        return across, index == self._index, marked, tuple(self._rows.cells(index))

    def render_line(self, y: int) -> Strip:
        """Draw the header, or the row that is scrolled to this line."""
        width = self._across()
        if y < HEADER:
            return self._header(width)
        index = self.scroll_offset.y + y - HEADER
        if index >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        signature = self._signature(index, width)
        self._drawn[index] = signature
        strip = self._strips.get(signature)
        if strip is None:
            if len(self._strips) >= STRIPS:
                self._strips.clear()
            strip = self._strips[signature] = self._row(signature)
        return strip

    def _header(self, width: int) -> Strip:
        style = self.get_component_rich_style("table--header")
        cells = [Span(column.title) for column in self._columns]
        return self._strip(
            (Span(" " * self._gutter), *laid_out(self._columns, cells, width - self._gutter)),
            style,
            width,
        )

    def _row(self, signature: Signature) -> Strip:
        width, under_cursor, marked, cells = signature
        style = self._style("")
        if marked:
            style += self._style("table--marked")
        if under_cursor:
            style += self._style("table--cursor")
        pointer = Span("›" if under_cursor else " ", "accent")  # noqa: RUF001 - a glyph
        mark = Span("● " if marked else "  ", "accent")
        gutter = (pointer, mark, Span(" ")) if self._gutter == GUTTER else (pointer, Span(" "))
        return self._strip(
            (*gutter, *laid_out(self._columns, cells, width - self._gutter)), style, width
        )

    def _strip(self, spans: Line, style: Style, width: int) -> Strip:
        segments = [Segment(span.text, style + self._style(f"tone--{span.tone}")) for span in spans]
        return Strip(segments).adjust_cell_length(width, style)

    def _style(self, component: str) -> Style:
        """Return the style of a component class, of the table itself where it is empty."""
        style = self._styles.get(component)
        if style is None:
            if component:
                style = self.get_component_rich_style(component, partial=True)
            else:
                style = self.rich_style
            self._styles[component] = style
        return style
