"""What every room and dialog looks like, in both themes, on a small terminal and a large one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, TextArea

from farutech_console import language
from farutech_console.language import Language
from farutech_console.operations.model import LinkState
from farutech_console.operations.trend import Trend
from farutech_console.tui.app import ConsoleApp
from farutech_console.tui.audit.screen import AuditRoom
from farutech_console.tui.common.commandbar import CommandBar
from farutech_console.tui.common.confirm import ConfirmPlan
from farutech_console.tui.common.help import Help
from farutech_console.tui.common.outcomes import Outcomes
from farutech_console.tui.common.pausing import AskPause
from farutech_console.tui.common.room import Room
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.common.undo import ConfirmUndo, Undoing
from farutech_console.tui.dlq.beside import CausesBeside
from farutech_console.tui.dlq.causes import Causes
from farutech_console.tui.dlq.editing import ConfirmEdit, Editor
from farutech_console.tui.dlq.exporting import Export
from farutech_console.tui.dlq.noting import WriteNote
from farutech_console.tui.dlq.pane import LetterPane
from farutech_console.tui.dlq.screen import DeadLettersRoom
from farutech_console.tui.overview.screen import OverviewRoom
from farutech_console.tui.preferences import Preferences
from farutech_console.tui.tasks.screen import TasksRoom
from farutech_console.tui.workers.screen import WorkersRoom
from tests.console.driving import app_of, eventually, sees
from tests.console.enumerated import all_screens
from tests.console.fixed import FixedBackend
from tests.console.fixed_fleet import some_story, some_tasks, some_undo, some_workers
from tests.console.fixed_letters import letter, some_letters
from tests.console.fixed_queue import some_events, some_history, some_status
from tests.console.moment import NOW, StillClock, ago
from tests.console.test_hostile import hostile, opens
from worker.jetstream.errors import UnreachableError
from worker.model.heard import HeardKind

SIZES = {"small": (80, 24), "large": (160, 48)}
LAST = some_events()[-1].task_id
HOSTILE = "[/red] [@click=app.quit]x[/] \x1b[31mred\x00 \u202eabc 部署 👩‍👩‍👧‍👦"

Backend = Callable[[], FixedBackend]
Act = Callable[[Pilot[None]], Awaitable[None]]


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


def pressing(*steps: str) -> Act:
    """Press keys and wait for texts, which begin with `?`."""

    async def act(pilot: Pilot[None]) -> None:
        for step in steps:
            if step.startswith("?"):
                await sees(pilot, step[1:])
            else:
                await pilot.press(step)

    return act


def then(*acts: Act) -> Act:
    """Do one after the other."""

    async def act(pilot: Pilot[None]) -> None:
        for one in acts:
            await one(pilot)

    return act


def opened(sequence: int) -> Act:
    """Wait until this letter is open."""

    async def act(pilot: Pilot[None]) -> None:
        await opens(pilot, sequence)

    return act


def backend_of(pilot: Pilot[None]) -> FixedBackend:
    backend = app_of(pilot)._backend
    assert isinstance(backend, FixedBackend)
    return backend


async def server_goes(pilot: Pilot[None]) -> None:
    """The server goes, and a quarter of an hour passes."""
    clock = app_of(pilot)._clock
    assert isinstance(clock, StillClock)
    clock.advance(900)
    down = LinkState(False, NOW, "nats://s1:4222", "connection refused", 41)
    backend_of(pilot).link_now = down
    await sees(pilot, "server gone 15 min")
    await eventually(pilot, lambda: pilot.app.screen.has_class("-stale"), "it is marked stale")


async def hears_of_replays(pilot: Pilot[None]) -> None:
    """One replayed task succeeds, one dies again, one is tried again; nothing of the others."""
    backend, event = backend_of(pilot), some_events(1)[0]
    ids = backend.ran[-1].task_ids
    backend.events = [
        replace(event, kind="succeeded", task_id=ids[0], at=NOW),
        replace(event, kind="dead_lettered", task_id=ids[1], at=NOW, detail="quota is used up"),
        replace(event, kind="retrying", task_id=ids[2], at=NOW),
    ]
    await sees(pilot, "1 came back dead")


async def edits(pilot: Pilot[None]) -> None:
    """Change one line in the editor."""
    area = pilot.app.screen.query_one(TextArea)
    area.text = area.text.replace("erp-finance", "erp-sales")


def outcome_of(sequence: int) -> str:
    return {90_406: "failed", 90_403: "unknown", 90_400: "already"}.get(sequence, "replayed")


def calm() -> FixedBackend:
    status = some_status(stuck=0, tasks=0)
    assert status.consumer is not None
    stream = replace(status.work_queue, messages=0, bytes=0)
    consumer = replace(status.consumer, pending=0, ack_pending=0, redelivered=0)
    calm_status = replace(status, work_queue=stream, consumer=consumer)
    return FixedBackend([], calm_status, workers=some_workers()[:1])


def unread() -> FixedBackend:
    hex_only = letter(1000, b"\xff\xfe\x00\x01[/red]" * 8)
    return FixedBackend(letters=[letter(1001, hostile(HOSTILE)), hex_only])


def no_server() -> FixedBackend:
    link = LinkState(False, NOW, "nats://localhost:4222", "connection refused", 4)
    return FixedBackend(link_now=link)


def deaf() -> FixedBackend:
    may_not: frozenset[HeardKind] = frozenset({"task", "acknowledgement"})
    return FixedBackend(link_now=LinkState(True, ago(600), "s1", deaf=may_not))


def no_stream() -> FixedBackend:
    return FixedBackend(failure=UnreachableError("the stream PROVISIONING does not exist"))


def nine() -> FixedBackend:
    return FixedBackend(letters=some_letters(9), outcome_of=outcome_of)


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
    "overview_failures": Scene(pressing("?live", "?12,210", "c")),
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
    AskPause: "pause",
    CommandBar: "command",
    Help: "help",
}
"""Of each screen and dialog a scene that ends on it."""


def test_every_screen_and_dialog_has_a_scene() -> None:
    assert all_screens() == set(SHOWS), "a new screen needs a scene above, and its line in SHOWS"
    assert set(SHOWS.values()) <= set(SCENES)


def at_rest(app: ConsoleApp) -> bool:
    """Whether nothing is being read, and the letter under the cursor is the one in the pane."""
    rooms = [screen for screen in app.screen_stack if isinstance(screen, DeadLettersRoom)]
    return all(
        not room._reading
        and has_counted(room.query_one(CausesBeside))
        and room.query_one(LetterPane).sequence == room.query_one("#table", VirtualTable).cursor
        and not [
            worker
            for worker in room.workers
            if worker.node is room and worker.is_running and worker.group not in ("plan", "causes")
        ]
        for room in rooms
    )


def has_counted(beside: CausesBeside) -> bool:
    """Whether the causes stand there, where there is room for them and something to count."""
    asked = beside.is_seen and beside._wanted is not None
    return not asked or (bool(beside.border_title) and not beside._counting)


def knows_all(app: ConsoleApp, backend: FixedBackend) -> bool:
    """Whether the figures have come, the workers, and what the letters died of."""
    live = app.live
    return bool(live and live.fleet and (live.causes or not backend.letters))


@pytest.fixture(autouse=True)
def _no_blinking(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cursor of a field stands still."""
    monkeypatch.setattr(Input, "_toggle_cursor", lambda _: None)
    monkeypatch.setattr(TextArea, "_toggle_cursor_blink_visible", lambda _: None)


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    language.use("en")


def _cases() -> Iterator[tuple[str, str, str]]:
    """Yield scenes, themes and sizes: all of them in English, two corners of the others."""
    for scene, shown in SCENES.items():
        for theme, size in product(("dark", "light"), SIZES):
            if shown.language == "en" or (theme == "dark") == (size == "small"):
                yield scene, theme, size


@pytest.mark.parametrize(
    ("scene", "theme", "size"), [pytest.param(*case, id="-".join(case)) for case in _cases()]
)
def test_snapshot(snap_compare: Callable[..., bool], scene: str, theme: str, size: str) -> None:
    shown = SCENES[scene]
    language.use(shown.language)
    trend = Trend()
    if shown.history:
        for status, counts in some_history():
            trend.add(status, counts)
    backend = shown.backend()
    app = ConsoleApp(
        backend,
        StillClock(),
        notice=shown.notice,
        theme=theme,
        trend=trend,
        preferences=lambda: shown.preferences,
    )

    async def act(pilot: Pilot[None]) -> None:
        await eventually(pilot, lambda: isinstance(app.screen, Room), "a room")
        if shown.figures:
            await eventually(pilot, lambda: knows_all(app, backend), "figures")
        await shown.act(pilot)
        await eventually(pilot, lambda: at_rest(app), "all is read")
        # What a poll or the last key set off is drawn.
        await pilot.pause(0.3)
        await eventually(pilot, lambda: at_rest(app), "all is read")
        named = [screen for screen, name in SHOWS.items() if name == scene]
        assert not named or [type(app.screen)] == named

    assert snap_compare(app, terminal_size=SIZES[size], run_before=act)
