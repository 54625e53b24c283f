"""The open letter as it scrolls: a cursor line by line, and what it is on can be folded."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import islice

from rich.style import Style
from textual import events

from farutech_console.tui.common.textview import TextView
from farutech_console.tui.dlq.parts import Part, shown
from farutech_console.tui.keys import bindings


class LetterView(TextView):
    """Shows parts. Its cursor is seen only while it has the focus."""

    COMPONENT_CLASSES = TextView.COMPONENT_CLASSES | {"letter--cursor"}
    BINDINGS = bindings("letter")
    DEFAULT_CSS = "LetterView > .letter--cursor { background: $row-cursor; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._parts: Sequence[Part] = ()
        self._seen: list[Part] = []
        self._folded: set[str] = set()
        self._cursor = 0

    def show_parts(self, parts: Sequence[Part], *, from_top: bool = False) -> None:
        """Show these; the cursor and what is folded stay, or it begins at the top."""
        if from_top:
            self._cursor, self._folded = 0, set()
        before, at = self._seen, self._cursor
        self._parts = parts
        self._seen = shown(parts, self._folded)
        self._cursor = 0 if from_top else _same_line(before, at, self._seen)
        self.show([part.spans for part in self._seen], from_top=from_top)
        if self._cursor != at and not from_top:
            self._go(self._cursor)

    @property
    def under_cursor(self) -> Part | None:
        """What the cursor is on."""
        return self._seen[self._cursor] if self._seen else None

    def action_fold(self) -> None:
        """Fold or unfold what the cursor is on, or what it is in."""
        part = self.under_cursor
        if part is None:
            return
        name = part.opens or (part.inside[-1] if part.inside else "")
        if name:
            self._folded ^= {name}
            self._refold(name)

    def action_fold_all(self) -> None:
        """Fold all there is, or unfold it."""
        names = {part.opens for part in self._parts if part.opens}
        self._folded = set() if self._folded else names
        self._refold("")

    def _refold(self, name: str) -> None:
        """Draw anew; the cursor stays on the line that folds."""
        self.show_parts(self._parts)
        found = (at for at, part in enumerate(self._seen) if name and part.opens == name)
        self._go(next(found, self._cursor))

    def action_cursor_down(self) -> None:
        """A line down; a line that is longer than the view scrolls first."""
        if self._end(self._cursor) > self.scroll_offset.y + self._page():
            super().action_cursor_down()
        else:
            self._go(self._cursor + 1)

    def action_cursor_up(self) -> None:
        """A line up; a line that is longer than the view scrolls first."""
        if self._starts and self._starts[self._cursor] < self.scroll_offset.y:
            super().action_cursor_up()
        else:
            self._go(self._cursor - 1)

    def action_page_down(self) -> None:
        """A page down, the cursor in it."""
        self._scroll_rows(self._page())

    def action_page_up(self) -> None:
        """A page up, the cursor in it."""
        self._scroll_rows(-self._page())

    def action_first(self) -> None:
        """To the top."""
        self._go(0)

    def action_last(self) -> None:
        """To the end."""
        self._go(len(self._seen) - 1)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; on what folds it folds."""
        row = self.scroll_offset.y + event.y
        if self._starts and row < self._end(len(self._seen) - 1):
            self._go(self._at_row(row))
            if self._seen[self._cursor].opens:
                self.action_fold()

    def _page(self) -> int:
        return max(1, self.scrollable_content_region.height)

    def _end(self, index: int) -> int:
        """Return the row below a line."""
        return self._starts[index + 1] if index + 1 < len(self._starts) else 0

    def _at_row(self, row: int) -> int:
        return max(0, min(bisect_right(self._starts, row) - 1, len(self._seen) - 1))

    def _scroll_rows(self, rows: int) -> None:
        if self._starts:
            top = max(0, min(self.scroll_offset.y + rows, self._starts[-1] - self._page()))
            wanted = self._starts[self._cursor] + rows
            self.scroll_to(y=top, animate=False, force=True)
            self._cursor = self._at_row(wanted)
            self.refresh()

    def _go(self, index: int) -> None:
        """Put the cursor on a line, and have it in view."""
        if not self._seen or not self._starts:
            return
        self._cursor = max(0, min(index, len(self._seen) - 1))
        top, page = self.scroll_offset.y, self._page()
        start, end = self._starts[self._cursor], self._end(self._cursor)
        if start < top or end - start > page:
            self.scroll_to(y=start, animate=False, force=True)
        elif end > top + page:
            self.scroll_to(y=end - page, animate=False, force=True)
        self.refresh()

    def row_style(self, row: int) -> Style:
        """Return how a row is drawn: that under the cursor is told apart."""
        style = super().row_style(row)
        if self.has_focus and self._starts and self._at_row(row) == self._cursor:
            style += self.get_component_rich_style("letter--cursor", partial=True)
        return style

    def watch_has_focus(self, has_focus: bool) -> None:  # noqa: FBT001 - Textual calls it so
        """Draw the cursor, or no longer."""
        super().watch_has_focus(has_focus)
        self.refresh()


def _same_line(before: Sequence[Part], at: int, now: Sequence[Part]) -> int:
    """Return where the line at `at` is now: lines may have come above it, a note for instance."""
    if at < len(before):
        rank = before[:at].count(before[at])
        same = (index for index, part in enumerate(now) if part == before[at])
        if (found := next(islice(same, rank, None), None)) is not None:
            return found
    return max(0, min(at, len(now) - 1))
