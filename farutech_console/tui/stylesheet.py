"""A stylesheet that is parsed once: Textual's parses all of it again for every room and theme."""

from __future__ import annotations

from textual.css.stylesheet import Stylesheet


class ParsedOnce(Stylesheet):
    """What was parsed holds until the variables change, which are what a theme consists of.

    `App.refresh_css` and `App._load_screen_css` of Textual 8.2 call `reparse` also where no
    variable changed, and theirs begins with nothing parsed.
    """

    def set_variables(self, variables: dict[str, str]) -> None:
        """Take the variables; those that it has already leave what is parsed as it is."""
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        """Parse what is new. Raises what `parse` raises, and leaves the rules as they are then."""
        self.parse()
