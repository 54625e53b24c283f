"""Ways through the console: rooms back and forth, commands by name, the help."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import SystemCommand

from farutech_console.language import msg, tr
from farutech_console.tui import themes
from farutech_console.tui.common.messages import Follow
from farutech_console.tui.common.trail import Trail
from farutech_console.tui.keys import ROOM_NAMES
from farutech_console.tui.running import Running

# What is not needed for the first paint is imported after it.
if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.screen import Screen

    from farutech_console.operations.backend import Backend
    from farutech_console.tui.commands import Entered
    from worker.model.clock import Clock

OURS_INSTEAD = frozenset({"Quit", "Keys", "Screenshot"})
"""Textual's commands that ours stand for, or that would write a picture of payloads to a disk."""

PALETTE = (
    msg("Theme"),
    msg("Change the current theme"),
    msg("Maximize"),
    msg("Maximize the focused widget"),
    msg("Minimize"),
    msg("Minimize the widget and restore to normal size"),
)
"""What Textual calls the commands that it offers beside ours."""


class Navigating(Running):
    """An app with rooms, once they are there: `furnished`."""

    def __init__(self, backend: Backend, clock: Clock) -> None:
        super().__init__(backend, clock)
        self._trail = Trail(ROOM_NAMES)
        self.furnished = False

    async def action_room(self, room: str) -> None:
        """Go to a room, once there are any."""
        if self.furnished and room != self.current_mode:
            self._trail.go(room)
            await self.switch_mode(room)

    @on(Follow)
    async def _follow(self, event: Follow) -> None:
        from farutech_console.tui.common.room import Room

        await self.action_room(event.room)
        if isinstance(self.screen, Room):
            self.screen.look_at(event.evidence)

    def action_help_quit(self) -> None:
        """Tell who pressed Ctrl-C how to leave."""
        self.notify(tr("q leaves; while something is typed, ctrl+q does."), markup=False)

    async def action_before(self) -> None:
        """Go to the room where the operator was before."""
        if room := self._trail.back():
            await self.switch_mode(room)

    async def action_after(self) -> None:
        """Go forth again."""
        if room := self._trail.forth():
            await self.switch_mode(room)

    def action_command(self) -> None:
        """Ask for a command, and do it."""
        from farutech_console.tui.commands import offered
        from farutech_console.tui.common.commandbar import CommandBar
        from farutech_console.tui.common.room import Room

        if isinstance(self.screen, Room):
            self.push_screen(CommandBar(offered(read_only=self._backend.read_only)), self._do)

    async def _do(self, entered: Entered | None) -> None:
        from farutech_console.tui.common.room import Room

        if entered is None:
            return
        name, argument = entered.command.name, entered.argument
        if name in self._trail.rooms:
            await self.action_room(name)
        elif name == "theme":
            self.theme = themes.THEMES[argument.casefold()].name
        elif name == "rate":
            self.take_rate(argument)
        elif name == "help":
            self.action_help()
        elif name == "quit":
            await self.action_quit()
        else:
            await self.action_room(entered.command.room)
            if isinstance(self.screen, Room):
                self.screen.command(name, argument)

    def action_command_palette(self) -> None:
        """Open the palette."""
        from farutech_console.tui.palette import Palette, of_commands

        if not isinstance(self.screen, Palette):
            self.push_screen(of_commands())

    def search_themes(self) -> None:
        """Offer the themes in the palette."""
        from farutech_console.tui.palette import of_themes

        self.push_screen(of_themes())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer our commands in the palette, beside Textual's own."""
        from farutech_console.tui.commands import Entered, offered
        from farutech_console.tui.common.room import Room

        if isinstance(screen, Room):
            for command in offered(read_only=self._backend.read_only):
                if not command.needs_argument:
                    run = partial(self._do, Entered(command, ""))
                    yield SystemCommand(
                        command.name, tr(command.help), partial(self.call_next, run)
                    )
        for known in super().get_system_commands(screen):
            if known.title not in OURS_INSTEAD:
                yield known._replace(title=tr(known.title), help=tr(known.help))

    def action_help(self) -> None:
        """Show the keys."""
        from farutech_console.tui.common.help import Help
        from farutech_console.tui.common.room import Room

        room = self.screen
        if isinstance(room, Room):
            wanted = room.desk.preferences
            self.push_screen(Help(room.NAME, wanted, read_only=self._backend.read_only))

    async def action_back(self) -> None:
        """Let the room go back a step; else put away the last run, if it is over."""
        from farutech_console.tui.common.room import Room

        if not (isinstance(self.screen, Room) and self.screen.go_back()):
            self.put_away_run()
