"""Every screen and widget that the console defines: what tests of all of them are held against."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from textual.screen import Screen
from textual.widget import Widget

import farutech_console.tui
from farutech_console.tui.common.bars import Bar
from farutech_console.tui.common.dialog import Dialog, Modal
from farutech_console.tui.common.finding import FindingRoom
from farutech_console.tui.common.lines import Lines
from farutech_console.tui.common.room import Room
from farutech_console.tui.dlq.acts import LetterActs
from farutech_console.tui.dlq.opened import OpenedLetter
from farutech_console.tui.tasks.reading import Reading

BASES: frozenset[type[Widget]] = frozenset(
    {Room, FindingRoom, LetterActs, OpenedLetter, Modal, Dialog, Bar, Lines, Reading}
)
"""What is never shown itself, only what is made of it."""


def all_widgets() -> frozenset[type[Widget]]:
    """Return the classes of the console's own widgets, its screens among them."""
    root = farutech_console.tui
    for module in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
        importlib.import_module(module.name)
    ours = {kind for kind in _below(Widget) if kind.__module__.startswith(f"{root.__name__}.")}
    return frozenset(ours - BASES)


def all_screens() -> frozenset[type[Screen[Any]]]:
    """Return the classes of the console's rooms and dialogs."""
    return frozenset(kind for kind in all_widgets() if issubclass(kind, Screen))


def _below(kind: type[Widget]) -> Iterator[type[Widget]]:
    for below in kind.__subclasses__():
        yield below
        yield from _below(below)
