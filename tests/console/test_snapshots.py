"""What every room and dialog looks like, in both themes, on a small terminal and a large one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from farutech_console import language
from farutech_console.operations.watch.trend import Trend
from farutech_console.tui.app import ConsoleApp
from farutech_console.tui.common.room import Room
from farutech_console.tui.common.table import VirtualTable
from farutech_console.tui.dlq.beside import CausesBeside
from farutech_console.tui.dlq.pane import LetterPane
from farutech_console.tui.dlq.screen import DeadLettersRoom
from tests.console.driving import eventually
from tests.console.enumerated import all_screens
from tests.console.fixed import FixedBackend
from tests.console.fixed_queue import some_history
from tests.console.moment import StillClock
from tests.console.scenes import SCENES, SHOWS

SIZES = {"small": (80, 24), "large": (160, 48)}


def test_every_screen_and_dialog_has_a_scene() -> None:
    assert all_screens() == set(SHOWS), "a new screen needs a scene, and its line in SHOWS"
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
    asked = beside.is_seen and beside._reader is not None
    return not asked or (bool(beside.border_title) and not beside._counting)


def knows_all(app: ConsoleApp, backend: FixedBackend) -> bool:
    """Whether the figures have come, the workers, and what the letters died of."""
    live = app.live
    return bool(live and live.fleet and (live.causes or not backend.letters))


async def stands_still(pilot: Pilot[None]) -> None:
    """Wait until what a poll or the last key set off is drawn, however busy the machine is."""
    before = ""
    while (now := pilot.app.export_screenshot()) != before:
        before = now
        await pilot.pause(0.3)


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
        await stands_still(pilot)
        await eventually(pilot, lambda: at_rest(app), "all is read")
        named = [screen for screen, name in SHOWS.items() if name == scene]
        assert not named or [type(app.screen)] == named

    assert snap_compare(app, terminal_size=SIZES[size], run_before=act)
