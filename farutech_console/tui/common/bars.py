"""The two lines at the foot: the keys of this room, and the rooms. Both can be clicked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import events
from textual.content import Content
from textual.style import Style
from textual.widget import Widget

from farutech_console.language import tr
from farutech_console.tui.keys import ROOM_NAMES, Key, Where, allowed, keys_of
from worker.model.cells import fit

ROOMS: dict[str, Where] = {f"room('{name}')": name for name in ROOM_NAMES}
ACTION = "key_action"
MORE = " …"
SHORT, SHORTEST = 7, 4
"""Cells down to which the names of other rooms are cut."""
APP_ACTIONS = frozenset({"help", "quit", "outcomes", "command", *ROOMS})


def clickable(key: Key, label: str, *, active: bool = False, tight: bool = False) -> Content:
    """Return a key and its label, which run its action when clicked. `tight` leaves no gap."""
    scope = "app" if key.action in APP_ACTIONS else "screen"
    click = Style.from_meta({ACTION: f"{scope}.{key.action}"})
    style = "bold $background on $tone-accent" if active else ""
    shown = f" {label} " if active else label if tight else f"{label} "
    return Content.assemble((f" {key.shown} ", "bold $tone-accent"), (shown, style)).stylize(click)


def fitting(parts: Sequence[Content], width: int) -> Content:
    """Return as many parts as fit; what is left out is marked, and a click there shows all keys."""
    if sum(part.cell_length for part in parts) <= width:
        return Content("").join(parts)
    more = Content.styled(MORE, "$tone-muted").stylize(Style.from_meta({ACTION: "app.help"}))
    taken: list[Content] = []
    used = more.cell_length
    for part in parts:
        used += part.cell_length
        if used > width:
            break
        taken.append(part)
    return Content("").join([*taken, more])


class Bar(Widget):
    """A line of keys that can be clicked."""

    async def on_click(self, event: events.Click) -> None:
        """Run what stands under the mouse."""
        if action := event.style.meta.get(ACTION):
            await self.run_action(action)


class KeyBar(Bar):
    """What can be pressed here, on this console."""

    DEFAULT_CSS = "KeyBar { height: 1; background: $surface; }"

    def __init__(self, keys: Sequence[Key], *, read_only: bool) -> None:
        super().__init__()
        self._keys = [key for key in allowed(keys, read_only=read_only) if key.label]
        self._lead = ""

    def lead(self, text: str) -> None:
        """Say something first, such as how many are marked."""
        if text != self._lead:
            self._lead = text
            self.refresh()

    def render(self) -> Content:
        """Draw as many keys as fit."""
        lead = [Content.assemble((f" {self._lead} ", "bold $tone-accent"))] if self._lead else []
        parts = [clickable(key, tr(key.label)) for key in self._keys]
        return fitting([*lead, *parts], self.size.width)


class RoomBar(Bar):
    """The rooms, the one we are in, and how many dead letters wait."""

    DEFAULT_CSS = "RoomBar { height: 1; background: $panel; }"

    def __init__(self, room: str) -> None:
        super().__init__()
        self._room = room
        self._counts: dict[str, str] = {}

    def count(self, room: str, text: str) -> None:
        """Set the figure behind a room's name."""
        if self._counts.get(room) != text:
            self._counts[room] = text
            self.refresh()

    def render(self) -> Content:
        """Draw the rooms on the left and what works everywhere behind them."""
        return rooms_line(self._room, self._counts, self.size.width)


def rooms_line(active: str, counts: Mapping[str, str], width: int) -> Content:
    """Return the rooms with their figures, and what works everywhere, in at most `width` cells.

    Where that is too much the gaps go first, then the ends of the names of other rooms.
    """
    parts: list[Content] = []
    for longest, tight in ((width, False), (width, True), (SHORT, True), (SHORTEST, True)):
        parts = _rooms(active, counts, longest, tight=tight)
        if sum(part.cell_length for part in parts) <= width:
            break
    return fitting(parts, width)


def _rooms(active: str, counts: Mapping[str, str], longest: int, *, tight: bool) -> list[Content]:
    parts = []
    for key in keys_of("everywhere"):
        if not key.label:
            continue
        room = ROOMS.get(key.action, "")
        figure, here = counts.get(room, ""), room == active
        name = tr(key.label) if here else fit(tr(key.label), longest).rstrip()
        label = f"{name} {figure}" if figure else name
        parts.append(clickable(key, label, active=here, tight=tight))
    return parts
