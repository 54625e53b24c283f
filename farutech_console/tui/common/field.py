"""A field to type in, which shows what is pasted into it as it stands."""

from __future__ import annotations

from textual.widgets import Input

from worker.model.text import literal


class Field(Input):
    """An input whose value has no character that a terminal would obey or hide.

    What an operator pastes may come from a log that somebody else wrote.
    """

    def validate_value(self, value: str) -> str:
        """Return the value with such characters as escapes."""
        return literal(value)
