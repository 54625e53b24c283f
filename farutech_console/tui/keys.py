"""The one table of keys: bindings, the bar at the foot and the help are made from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding, BindingType

from farutech_console.language import msg

Where = Literal[
    "everywhere", "table", "overview", "tasks", "dlq", "letter", "workers", "audit", "run"
]
"""Where a key works: a room, any table or text that scrolls, an open letter, a run's bar."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    `keys` as Textual spells them, comma between alternatives; `shown` as the operator reads it;
    `label` for the foot, empty to leave it out there; `writes` hides it from read-only consoles.
    """

    keys: str
    shown: str
    action: str
    label: str
    help: str
    where: Where
    writes: bool = False


KEYS = (
    Key("1", "1", "room('overview')", "Overview", "what is wrong, and the figures", "everywhere"),
    Key("2", "2", "room('tasks')", "Tasks", "live events, task by task", "everywhere"),
    Key("3", "3", "room('dlq')", "Dead letters", "what died, and sending it again", "everywhere"),
    Key("4", "4", "room('workers')", "Workers", "who runs the tasks", "everywhere"),
    Key("5", "5", "room('audit')", "Audit", "who changed what", "everywhere"),
    Key("[", "[", "before", "", "the room where you were before", "everywhere"),
    Key("]", "]", "after", "", "and forth again", "everywhere"),
    Key("colon", ":", "command", "", "a command by its name", "everywhere"),
    Key("y", "y", "screen.copy", "", "copy what the cursor is on to the clipboard", "everywhere"),
    Key("question_mark", "?", "help", "help", "these keys", "everywhere"),
    Key("ctrl+p", "ctrl+p", "command_palette", "", "commands by name, themes", "everywhere"),
    Key("escape", "esc", "back", "", "back: close what is open, unmark", "everywhere"),
    Key("q", "q", "quit", "quit", "leave; nothing on the server changes", "everywhere"),
    Key("j,down", "j ↓", "cursor_down", "", "one down", "table"),
    Key("k,up", "k ↑", "cursor_up", "", "one up", "table"),
    Key("g,home", "g home", "first", "", "to the top", "table"),
    Key("G,end", "G end", "last", "", "to the end", "table"),
    Key("pagedown,ctrl+f", "pgdn", "page_down", "", "a page down", "table"),
    Key("pageup,ctrl+b", "pgup", "page_up", "", "a page up", "table"),
    Key("space", "space", "pause", "pause", "hold the list still, and go on", "tasks"),
    Key("G,end", "end", "follow", "follow", "follow the newest event again", "tasks"),
    Key("j,down", "j ↓", "next_problem", "", "the next problem", "overview"),
    Key("k,up", "k ↑", "previous_problem", "", "the problem before", "overview"),
    Key("enter", "enter", "follow", "evidence", "where the problem can be looked into", "overview"),
    Key("t", "t", "screen.span", "time span", "look back 2 min, 15 min, 1 h or 6 h", "overview"),
    Key("c", "c", "screen.charts", "charts", "the other charts, or all four", "overview"),
    Key("slash", "/", "look_for", "find", "only events with these words in them", "tasks"),
    Key(
        "enter", "enter", "open", "story", "all that is known of the task, and where it is", "tasks"
    ),
    Key(
        "s",
        "s",
        "stuck",
        "stuck tasks",
        "tasks that nobody will get again, and how we know",
        "tasks",
    ),
    Key("t", "t", "tenant", "tenant", "the tasks of the tenant under the cursor", "tasks"),
    Key("enter", "enter", "open", "open", "all there is to know of the letter", "dlq"),
    Key("space", "space", "mark", "mark", "mark the letter for what comes next", "dlq"),
    Key(
        "V,ctrl+@",
        "V ctrl+space",
        "mark_range",
        "",
        "mark all from the last mark to the cursor",
        "dlq",
    ),
    Key("shift+down", "shift ↓", "extend(1)", "", "mark it, and the one below", "dlq"),
    Key("shift+up", "shift ↑", "extend(-1)", "", "mark it, and the one above", "dlq"),
    Key("a", "a", "mark_all", "all", "mark all that lie there now, or none", "dlq"),
    Key("slash", "/", "filter", "filter", "only letters that are like this", "dlq"),
    Key("r", "r", "replay", "replay", "send the marked letters again, with a preview", "dlq", True),
    Key("R", "R", "canary", "", "send one first, the others once it ended well", "dlq", True),
    Key("x", "x", "purge", "purge", "delete the marked letters, with a preview", "dlq", True),
    Key(
        "u", "u", "undo", "undo", "bring back what the last purge took, with a preview", "dlq", True
    ),
    Key("e", "e", "edit", "edit", "change the task of the letter, and replay it", "dlq", True),
    Key("c", "c", "causes", "causes", "what they died of, counted", "dlq"),
    Key("s", "s", "sort", "sort", "by the next column; :sort names one", "dlq"),
    Key("w", "w", "export", "export", "write the marked letters to a file", "dlq"),
    Key("m", "m", "secrets", "", "show the secrets of the letter, or hide them", "dlq"),
    Key("n", "n", "note", "note", "a note on the cause, for the next on-call", "dlq", True),
    Key("enter,space", "enter space", "fold", "", "fold what the line is in, or open it", "letter"),
    Key("z", "z", "fold_all", "", "fold all there is, or open it", "letter"),
    Key("enter", "enter", "open", "open", "all there is to know of the worker", "workers"),
    Key("slash", "/", "look_for", "find", "only workers with these words in them", "workers"),
    Key("p", "p", "pause_consumer", "pause", "hold deliveries, or let them go on", "workers", True),
    Key("enter", "enter", "open", "open", "all there is to know of the change", "audit"),
    Key("slash", "/", "look_for", "find", "only changes with these words in them", "audit"),
    Key(
        "u",
        "u",
        "undo",
        "undo",
        "take the change back where there is a way, with a preview",
        "audit",
        True,
    ),
    Key("P", "P", "hold_run", "", "hold the run, or let it go on", "run"),
    Key("plus,equals_sign", "+", "change_pace(2)", "", "the run goes twice as fast", "run"),
    Key("minus", "-", "change_pace(0.5)", "", "the run goes half as fast", "run"),
    Key("S", "S", "stop_run", "", "stop the run: what is done stays done", "run"),
    Key("o", "o", "outcomes", "outcomes", "what became of each letter of the last run", "run"),
)

ROOM_NAMES: tuple[Where, ...] = ("overview", "tasks", "dlq", "workers", "audit")
"""The rooms, in the order of their keys."""

TITLES: dict[Where, str] = {
    "everywhere": msg("Everywhere"),
    "table": msg("In lists and text"),
    "overview": msg("Overview"),
    "tasks": msg("Tasks"),
    "dlq": msg("Dead letters"),
    "letter": msg("Open letter"),
    "workers": msg("Workers"),
    "audit": msg("Audit"),
    "run": msg("During a replay or a purge, and after"),
}


def keys_of(*places: Where) -> tuple[Key, ...]:
    """Return the keys of these places, in the table's order."""
    return tuple(key for key in KEYS if key.where in places)


def bindings(*places: Where) -> list[BindingType]:
    """Return the bindings of these places, for a class's `BINDINGS`."""
    return [Binding(key.keys, key.action, key.help, show=False) for key in keys_of(*places)]


def writing_actions() -> frozenset[str]:
    """Return the actions that change something on the server."""
    return frozenset(key.action for key in KEYS if key.writes)


def allowed(keys: Iterable[Key], *, read_only: bool) -> tuple[Key, ...]:
    """Return the keys that do something on this console."""
    return tuple(key for key in keys if not (read_only and key.writes))
