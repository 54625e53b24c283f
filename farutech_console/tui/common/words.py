"""A few lines of text that change now and then, and cost nothing while they do not."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widgets import Static

from farutech_console.tui.common.spans import Line, cells_of, content


class Words(Static):
    """Lines of spans. Set again as they stand they are not painted anew.

    The screen is laid out anew only where their height may change: that paints all of it.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()

    def show(self, lines: Iterable[Line]) -> None:
        """Show these lines."""
        before, self._lines = self._lines, tuple(lines)
        if self._lines != before:
            self.update(content(self._lines), layout=self._may_grow(before))

    def _may_grow(self, before: tuple[Line, ...]) -> bool:
        height = self.styles.height
        if height is not None and not height.is_auto:
            return False
        if len(before) != len(self._lines):
            return True
        width = self.content_size.width
        return any(cells_of(spans) > width for spans in (*before, *self._lines))
