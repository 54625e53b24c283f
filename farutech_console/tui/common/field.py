"""A field to type in, which shows what is pasted into it as it stands."""

from __future__ import annotations

from textual import events
from textual.widgets import Input, TextArea

from worker.model.text import literal


class Field(Input):
    """An input whose value has no character that a terminal would obey or hide.

    What an operator pastes may come from a log that somebody else wrote.
    """

    def validate_value(self, value: str) -> str:
        """Return the value with such characters as escapes."""
        return literal(value)

    def take_focus(self) -> None:
        """Take the focus at once, where `focus` would only after keys that were typed behind it."""
        self.screen.set_focus(self)


class Area(TextArea):
    """A text to edit, into which is pasted what nothing obeys or hides, line by line."""

    async def _on_paste(self, event: events.Paste) -> None:
        # Textual calls this before its own, which is to insert what is in the event then.
        event.text = "\n".join(literal(one.expandtabs()) for one in event.text.splitlines())
