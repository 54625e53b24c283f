"""Looking for some rows of a list: `/` asks for words, esc shows all again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.widgets import Input

from farutech_console.language import tr
from farutech_console.operations.units import count
from farutech_console.tui.common.field import Field
from farutech_console.tui.common.room import Room
from farutech_console.tui.common.spans import Line, Span, line
from farutech_console.tui.common.table import VirtualTable
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from farutech_console.tui.common.room import Desk


class FindingRoom(Room):
    """A room whose list can be narrowed to the rows that hold what the operator looks for.

    Its body ends with `find_field()`; it shows the rows of which `holds` is true.
    """

    FIND_IN: ClassVar[str]
    """What is looked through, as the empty field says it."""

    DEFAULT_CSS = """
    FindingRoom #look-for {
        display: none; height: 1; border: none; padding: 0 1; background: $panel;
    }
    FindingRoom.-looking #look-for { display: block; }
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.looked_for = ""

    def find_field(self) -> Field:
        """Return the field, which is seen while somebody types in it."""
        return Field(placeholder=tr(self.FIND_IN), compact=True, id="look-for")

    def narrow(self) -> None:
        """Show the rows that hold what is looked for now."""
        raise NotImplementedError

    def holds(self, texts: Iterable[str]) -> bool:
        """Return whether a row with these texts is to be shown."""
        wanted = self.looked_for.casefold()
        return not wanted or any(wanted in text.casefold() for text in texts)

    def found_line(self, number: int) -> Line:
        """Return how many rows were found, empty where all are shown."""
        if not self.looked_for:
            return ()
        wanted = literal(self.looked_for, 40)
        told = tr("{n} with «{wanted}»; esc shows all", n=count(number), wanted=wanted)
        return line(Span(f"   {told}", "accent"))

    def nothing_found(self) -> list[Line]:
        """Return why nothing is shown although there are rows."""
        told = tr("Nothing here has «{wanted}» in it.", wanted=literal(self.looked_for, 60))
        return [line(Span(f"▲ {told}", "warn")), line(Span(tr("esc shows all"), "muted"))]

    def within(self) -> tuple[str, ...]:
        """What is looked for."""
        return (literal(self.looked_for, 40),)

    def action_look_for(self) -> None:
        """Ask what to look for."""
        field = self.query_one("#look-for", Field)
        field.value = self.looked_for
        field.cursor_position = len(field.value)
        self.add_class("-looking")
        field.take_focus()

    @on(Input.Submitted, "#look-for")
    def _look_for(self, event: Input.Submitted) -> None:
        event.stop()
        self._find(event.value.strip())

    def _find(self, text: str) -> None:
        self.looked_for = text
        self._leave_field()
        self.narrow()

    def look_at(self, evidence: str) -> None:
        """Show the rows that hold this."""
        if evidence:
            self._find(evidence)

    def _leave_field(self) -> None:
        self.remove_class("-looking")
        self.query_one(VirtualTable).focus()

    def go_back(self) -> bool:
        """Close the field, else show all rows again."""
        if self.has_class("-looking"):
            self._leave_field()
        elif self.looked_for:
            self._find("")
        else:
            return False
        return True
