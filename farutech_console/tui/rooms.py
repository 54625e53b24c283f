"""Every room, by the name of its mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farutech_console.tui.audit.screen import AuditRoom
from farutech_console.tui.dlq.screen import DeadLettersRoom
from farutech_console.tui.overview.screen import OverviewRoom
from farutech_console.tui.tasks.screen import TasksRoom
from farutech_console.tui.workers.screen import WorkersRoom

if TYPE_CHECKING:
    from farutech_console.tui.common.room import Room

ROOMS: dict[str, type[Room]] = {
    "overview": OverviewRoom,
    "tasks": TasksRoom,
    "dlq": DeadLettersRoom,
    "workers": WorkersRoom,
    "audit": AuditRoom,
}
