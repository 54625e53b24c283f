"""Every room, by the name of its mode, imported when it is first gone to or in good time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from farutech_console.tui.common.room import Desk, Room


def _overview() -> type[Room]:
    from farutech_console.tui.overview.screen import OverviewRoom

    return OverviewRoom


def _tasks() -> type[Room]:
    from farutech_console.tui.tasks.screen import TasksRoom

    return TasksRoom


def _dead_letters() -> type[Room]:
    from farutech_console.tui.dlq.screen import DeadLettersRoom

    return DeadLettersRoom


def _workers() -> type[Room]:
    from farutech_console.tui.workers.screen import WorkersRoom

    return WorkersRoom


def _audit() -> type[Room]:
    from farutech_console.tui.audit.screen import AuditRoom

    return AuditRoom


ROOMS: Mapping[str, Callable[[], type[Room]]] = {
    "overview": _overview,
    "tasks": _tasks,
    "dlq": _dead_letters,
    "workers": _workers,
    "audit": _audit,
}


def open_room(name: str, desk: Desk) -> Room:
    """Return a room of this name."""
    return ROOMS[name]()(desk)


def load_rooms() -> None:
    """Import them all, so that the first look at each is as quick as any."""
    for load in ROOMS.values():
        load()
