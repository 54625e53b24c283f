"""Textual's palette in the operator's language."""

from __future__ import annotations

from functools import partial

from textual.command import CommandList, CommandPalette, Provider
from textual.content import Content
from textual.theme import ThemeProvider
from textual.widgets.option_list import Option

from farutech_console.language import tr

ID = "--command-palette"
"""By which Textual knows that the palette is open."""


class Palette(CommandPalette):
    """Finds commands, or what else its providers offer.

    Textual 8.2.8 takes the words of the field as an argument, and has others in its code.
    """

    def _start_no_matches_countdown(self, search_value: str) -> None:
        self._stop_no_matches_countdown()
        told = partial(self._tell_of_none, wanted=bool(search_value))
        self._no_matches_timer = self.set_timer(self._NO_MATCHES_COUNTDOWN, told)

    def _tell_of_none(self, *, wanted: bool) -> None:
        """Say that nothing is like what is looked for, where something is."""
        if wanted:
            none = Option(Content(tr("No matches found")), disabled=True, id=self._NO_MATCHES)
            self.query_one(CommandList).add_option(none)
        self._list_visible = wanted


def of_commands() -> Palette:
    """Return the palette with the commands of the app and its screen."""
    return Palette(placeholder=tr("Search for commands…"), id=ID)


def of_themes() -> Palette:
    """Return the palette with the themes."""
    providers: set[type[Provider]] = {ThemeProvider}
    return Palette(providers, placeholder=tr("Search for themes…"))
