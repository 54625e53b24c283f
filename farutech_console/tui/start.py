"""The first paint: that the console starts, before anything else is read or imported."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from farutech_console.language import tr


class Starting(Widget):
    """One line; a room takes its place within the second."""

    DEFAULT_CSS = "Starting { height: 1fr; padding: 0 1; background: $background; }"

    def render(self) -> Content:
        """Draw it."""
        return Content.assemble(
            ("farutech", "bold"), ("  ◌ " + tr("starting: reading the settings…"), "$tone-muted")
        )
