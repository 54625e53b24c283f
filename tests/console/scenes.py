"""The scenes of the snapshots: every room and dialog, and what can be seen there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from textual.screen import Screen

from farutech_console.language import Language
from farutech_console.operations.letters.selection import ScanProgress
from farutech_console.tui.audit.screen import AuditRoom
from farutech_console.tui.common.commandbar import CommandBar
from farutech_console.tui.common.confirm import ConfirmPlan
from farutech_console.tui.common.help import Help
from farutech_console.tui.common.outcomes import Outcomes
from farutech_console.tui.common.patience import Patience
from farutech_console.tui.common.pausing import AskPause
from farutech_console.tui.common.undo import ConfirmUndo, Undoing
from farutech_console.tui.dlq.causes import Causes
from farutech_console.tui.dlq.editing import ConfirmEdit, Editor
from farutech_console.tui.dlq.exporting import Export
from farutech_console.tui.dlq.noting import WriteNote
from farutech_console.tui.dlq.screen import DeadLettersRoom
from farutech_console.tui.overview.screen import OverviewRoom
from farutech_console.tui.palette import Palette
from farutech_console.tui.preferences import Preferences
from farutech_console.tui.tasks.screen import TasksRoom
from farutech_console.tui.workers.screen import WorkersRoom
from tests.console.fixed import FixedBackend
from tests.console.fixed_fleet import some_story, some_tasks, some_undo
from tests.console.fixed_queue import some_events
from tests.console.scene_acts import (
    Act,
    a_while,
    calm,
    deaf,
    edits,
    hears_of_replays,
    nine,
    no_server,
    no_stream,
    opened,
    pressing,
    server_goes,
    then,
    unread,
)

LAST = some_events()[-1].task_id
Backend = Callable[[], FixedBackend]


@dataclass(frozen=True)
class Scene:
    """A console that has come to show something. `figures`: it got an answer from the server."""

    act: Act
    backend: Backend = field(default=lambda: FixedBackend(events=some_events()))
    history: bool = True
    figures: bool = True
    notice: str = ""
    preferences: Preferences = field(default_factory=Preferences)
    language: Language = "en"


DLQ = ("3", "?90412", "?acme-corp-0")
REPLAYED = then(
    pressing(*DLQ, "a", "r", "?Replay 9", "right", "enter", "?1 unknown", "?Dead letters · 3"),
    hears_of_replays,
)
SCENES = {
    "overview": Scene(pressing("?live", "?12,210"), notice="backoff at 1/20 of the real schedule"),
    "overview_well": Scene(pressing("?All is well"), calm, history=False),
    "overview_gone": Scene(then(pressing("?live"), server_goes)),
    "overview_no_server": Scene(
        pressing("?No NATS server answers"), no_server, history=False, figures=False
    ),
    "overview_no_stream": Scene(
        pressing("?does not exist"), no_stream, history=False, figures=False
    ),
    "overview_production": Scene(
        pressing("?live", "?12,210"), preferences=Preferences(environment="prod")
    ),
    "overview_failures": Scene(pressing("?live", "?12,210", "c", "?Retries, per")),
    "overview_charts": Scene(pressing("?live", "?12,210", "c", "c", "?Retries")),
    "overview_deaf": Scene(pressing("?not heard"), deaf),
    "overview_spanish": Scene(pressing("?en vivo", "?problemas"), notice="hola", language="es"),
    "tasks": Scene(pressing("2", "?02:41:06")),
    "tasks_held": Scene(pressing("2", "?02:41:06", "k", "k", "pageup", "?held")),
    "tasks_found": Scene(pressing("2", "?02:41:06", "slash", *"000042", "enter", "?1 with")),
    "tasks_story": Scene(
        pressing("2", "?02:41:06", "enter", "?There may be gaps"),
        lambda: FixedBackend(events=some_events(), stories={LAST: some_story(LAST)}),
    ),
    "tasks_stuck": Scene(pressing("2", "?02:41:06", "s", "?certain", "?maybe")),
    "tasks_tenant": Scene(
        pressing("2", "?02:41:06", "colon", *"tenant acme-corp-1", "enter", "?events only"),
        lambda: FixedBackend(events=some_events(), tasks=some_tasks()),
    ),
    "tasks_deaf": Scene(pressing("2", "?may not listen"), deaf),
    "tasks_spanish": Scene(pressing("2", "?siguiendo", "?02:41:06"), language="es"),
    "tasks_stuck_spanish": Scene(
        pressing("2", "?02:41:06", "s", "?segura"),
        lambda: FixedBackend(events=some_events()),
        language="es",
    ),
    "tasks_story_spanish": Scene(
        pressing("2", "?02:41:06", "enter", "?lagunas"),
        lambda: FixedBackend(events=some_events(), stories={LAST: some_story(LAST)}),
        language="es",
    ),
    "tasks_empty": Scene(pressing("2", "?No task event"), FixedBackend),
    "letters": Scene(pressing(*DLQ)),
    "letters_marked": Scene(pressing(*DLQ, "space", "space", "j", "space", "?3 marked")),
    "letters_filtered": Scene(pressing(*DLQ, "slash", *"error:~timeout", "enter", "?13 with")),
    "filter": Scene(pressing(*DLQ, "slash", *"nosuch:x", "enter", "?Text with")),
    "causes": Scene(pressing(*DLQ, "colon", *"causes", "enter", "?3 causes")),
    "letters_sorted": Scene(pressing(*DLQ, "s", "s", "?by tries")),
    "letter_folded": Scene(
        then(pressing(*DLQ, "j", "enter", "?worker-001"), opened(90_409), pressing("z", "?lines"))
    ),
    "edit": Scene(pressing(*DLQ, "e", "?as it died")),
    "edit_wrong": Scene(pressing(*DLQ, "e", "?as it died", "x", "?no task yet")),
    "edit_preview": Scene(
        then(pressing(*DLQ, "e", "?as it died"), edits, pressing("ctrl+s", "?erp-sales"))
    ),
    "export": Scene(pressing(*DLQ, "space", "space", "w", "?the 2 marked")),
    "note": Scene(pressing(*DLQ, "n", "?Everybody sees it")),
    "plan_undo": Scene(
        pressing("5", "?4 changes", "j", "u", "?under new"),
        lambda: FixedBackend(undoable=some_undo()),
    ),
    "letters_empty": Scene(pressing("3", "?No dead letters"), calm),
    "letters_gone": Scene(then(pressing(*DLQ), server_goes)),
    "letters_read_only": Scene(pressing(*DLQ, "?read-only"), lambda: FixedBackend(read_only=True)),
    "letter_open": Scene(then(pressing(*DLQ, "j", "enter", "?worker-001"), opened(90_409))),
    "letter_hostile": Scene(then(pressing("3", "?1001", "enter"), opened(1001)), unread),
    "letter_binary": Scene(then(pressing("3", "?1001", "j", "enter"), opened(1000)), unread),
    "plan_replay": Scene(pressing(*DLQ, "space", "space", "r", "?Replay 2 dead letters")),
    "plan_replay_all": Scene(pressing(*DLQ, "a", "r", "?Replay 40 dead letters")),
    "planning": Scene(
        then(pressing(*DLQ, "a", "r", "?Nothing is changed"), a_while, pressing("?9 s left")),
        lambda: FixedBackend(
            plan_gate=asyncio.Event(), plan_read=ScanProgress(412_000, 80_123, 1_204_881)
        ),
    ),
    "plan_purge": Scene(pressing(*DLQ, "x", "?Purge 1 dead letter")),
    "plan_purge_all": Scene(pressing(*DLQ, "a", "x", "?Type PROVISIONING_DLQ")),
    "running": Scene(
        pressing(*DLQ, "a", "r", "?Replay 40", "right", "enter", "?0/40"),
        lambda: FixedBackend(gate=asyncio.Event()),
    ),
    "replayed": Scene(REPLAYED, nine),
    "outcomes": Scene(then(REPLAYED, pressing("o", "?90406", "?quota is used up")), nine),
    "workers": Scene(pressing("4", "?3 report")),
    "workers_open": Scene(pressing("4", "?3 report", "j", "enter", "?is held back")),
    "workers_none": Scene(pressing("4", "?No worker answers"), lambda: FixedBackend(workers=())),
    "workers_found": Scene(pressing("4", "?3 report", "slash", *"node", "enter", "?4 with")),
    "pause": Scene(pressing("4", "?3 report", "p", "?15 min")),
    "pause_typed": Scene(
        pressing("4", "?3 report", "p", "?15 min", *["shift+tab"] * 2, *"90m", "?1h30m")
    ),
    "audit": Scene(pressing("5", "?4 changes")),
    "audit_open": Scene(pressing("5", "?4 changes", "j", "enter", "?The way back")),
    "audit_found": Scene(pressing("5", "?4 changes", "slash", *"luis", "enter", "?1 with")),
    "undoing": Scene(
        pressing("5", "?4 changes", "j", "u", "?under new", "right", "enter", "?0/3"),
        lambda: FixedBackend(undoable=some_undo(), gate=asyncio.Event()),
    ),
    "audit_empty": Scene(pressing("5", "?Nobody has"), lambda: FixedBackend(changes=())),
    "command": Scene(pressing("?live", "colon", "p", "?preview")),
    "palette": Scene(pressing("?live", "ctrl+p", "?Search for", *"purge", "?delete the marked")),
    "help": Scene(pressing(*DLQ, "question_mark", "?mark the letter")),
    "start_spanish": Scene(
        pressing("?Ningún servidor"), no_server, history=False, figures=False, language="es"
    ),
    "workers_spanish": Scene(pressing("4", "?3 informan", "j", "enter"), language="es"),
    "pause_spanish": Scene(pressing("4", "?3 informan", "p", "?15 min"), language="es"),
    "audit_spanish": Scene(pressing("5", "?4 cambios", "j", "enter"), language="es"),
    "undo_spanish": Scene(
        pressing("5", "?4 cambios", "j", "u", "?secuencias nuevas"),
        lambda: FixedBackend(undoable=some_undo()),
        language="es",
    ),
    "help_spanish": Scene(pressing("5", "?4 cambios", "question_mark", "?Teclas"), language="es"),
}
SHOWS: dict[type[Screen[Any]], str] = {
    OverviewRoom: "overview",
    TasksRoom: "tasks",
    DeadLettersRoom: "letters",
    WorkersRoom: "workers",
    AuditRoom: "audit",
    Undoing: "undoing",
    Causes: "causes",
    Editor: "edit",
    ConfirmEdit: "edit_preview",
    Export: "export",
    WriteNote: "note",
    ConfirmPlan: "plan_replay",
    ConfirmUndo: "plan_undo",
    Outcomes: "outcomes",
    Patience: "planning",
    AskPause: "pause",
    CommandBar: "command",
    Palette: "palette",
    Help: "help",
}
"""Of each screen and dialog a scene that ends on it."""
