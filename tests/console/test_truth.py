"""No figure without its age: what the console says while the server is away, and after."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from rich.console import RenderableType
from textual._compositor import Compositor, LayoutUpdate
from textual.screen import Screen

from farutech_console.operations.fleet.view import FleetView
from farutech_console.operations.model import LinkState
from farutech_console.tui.common.header import Place, header_line, state_of, step_at, trail_line
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.spans import text_of
from tests.console.driving import app_of, console, does_not_see, eventually, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_queue import some_events, some_status
from tests.console.moment import NOW, StillClock, ago
from worker.jetstream.errors import NotAllowedError, UnreachableError
from worker.jetstream.topology.layout import NoQueueError
from worker.model.cells import width_of

UP = LinkState(True, ago(600), "nats://s1:4222")
DOWN = LinkState(False, ago(5), "nats://s1:4222", "connection refused", 3)


def state(live: Live, later: float = 0.0) -> str:
    return text_of(state_of(live, NOW + timedelta(seconds=later)))


def test_the_states_in_words() -> None:
    assert state(Live(UP, some_status())) == "● live 1 s ago"
    assert state(Live(UP, some_status()), 4) == "▲ data 5 s old: no answer"
    assert state(Live(UP, some_status(), "timeout"), 4) == "▲ data 5 s old: timeout"
    assert state(Live(UP)) == "◌ asking the server…"
    assert state(Live(UP, None, "no stream")) == "◌ no data yet: no stream"
    assert state(Live(DOWN, some_status())) == "✖ server gone 5 s, attempt 3: connection refused"
    assert state(Live(DOWN)) == "✖ no server 5 s, attempt 3: connection refused"
    assert state(Live(LinkState(False, NOW))) == "◌ connecting…"
    assert state(Live(UP, broken=("the poll died",))) == "✖ the poll died"


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("environment", ["", "prod", "[red]staging[/] of a long name"])
def test_the_header_fills_its_width_exactly_and_keeps_the_state(
    environment: str, *, read_only: bool
) -> None:
    trails = ((), ("Tasks",), ("Dead letters", "error:~refused tenant:部署" * 3, "seq 90412"))
    for width, trail in product(range(60, 161), trails):
        for live in (Live(UP, some_status()), Live(DOWN, some_status()), Live(DOWN)):
            place = Place("PROVISIONING", environment, read_only)
            text = text_of(header_line(live, NOW, place, width, trail))
            assert width_of(text) == width
            assert state(live)[:20] in text or (read_only and width < 80)
            assert (" read-only " in text) is read_only
            assert (environment[:6] or " no env ") in text
            assert not trail or f"{trail[-1]} " in text or width_of(state(live)) > width - 30


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (70, "PROVISIONING ▸ Dead letters ▸ error:~refused ▸ seq 90412"),
        (55, "PROVISIONING ▸ Dead letters ▸ error:~refus… ▸ seq 90412"),
        (48, "PROVISION… ▸ Dead letters ▸ error:~… ▸ seq 90412"),
        (41, "… ▸ Dead le… ▸ error:~… ▸ seq 90412"),
        (16, "… ▸ seq 90412"),
        (9, "… ▸ seq …"),
    ],
)
def test_a_trail_gives_way_in_its_middle_and_ends_where_one_is(width: int, shown: str) -> None:
    steps = ("PROVISIONING", "Dead letters", "error:~refused", "seq 90412")
    told = text_of(trail_line(steps, width))
    assert width_of(told) <= width
    assert told == shown


@pytest.mark.parametrize(
    ("width", "shown", "steps"),
    [
        (120, "PROVISIONING ▸ Dead letters ▸ tenant:acme ▸ seq 90412", [0, 1, 2, 3]),
        (60, "… ▸ Dead le… ▸ tenant:… ▸ seq 90412", [0, 1, 2, 3]),
        (50, "… ▸ tenant:… ▸ seq 90412", [1, 2, 3]),
    ],
)
def test_each_column_of_the_trail_leads_to_its_step(
    width: int, shown: str, steps: list[int]
) -> None:
    live, place = Live(UP, some_status()), Place("PROVISIONING", "prod")
    trail = ("Dead letters", "tenant:acme", "seq 90412")
    text = text_of(header_line(live, NOW, place, width, trail))
    start = text.index(shown)
    found = [
        step_at(column, state_of(live, NOW), place, width, trail) for column in range(len(text))
    ]
    wanted: list[int | None] = [None] * len(text)
    for step, name in zip(steps, shown.split(" ▸ "), strict=True):
        at = start + shown.index(name)
        wanted[at : at + len(name)] = [step] * len(name)
    assert found == wanted


async def test_the_server_goes_and_comes_back() -> None:
    clock = StillClock()
    backend = FixedBackend()
    async with console(backend, clock=clock) as pilot:
        await sees(pilot, "live 1 s ago")
        backend.link_now = replace(DOWN, since=NOW)
        clock.advance(5)
        await sees(pilot, "server gone 5 s, attempt 3: connection refused")
        await sees(pilot, "12,210")
        await eventually(pilot, lambda: pilot.app.screen.has_class("-stale"), "stale")
        backend.link_now = UP
        backend.status_now = some_status(taken_at=clock.now())
        await sees(pilot, "live 0 s ago")
        await eventually(pilot, lambda: not pilot.app.screen.has_class("-stale"), "fresh")


async def test_a_poll_that_fails_keeps_the_data_and_says_why() -> None:
    backend = FixedBackend()
    clock = StillClock()
    async with console(backend, clock=clock, size=(120, 30)) as pilot:
        await sees(pilot, "live 1 s ago")
        backend.failure = UnreachableError("no answer within 2 s")
        clock.advance(3)
        await sees(pilot, "▲ data 4 s old: no answer within 2 s")
        await sees(pilot, "12,210")


async def test_no_server_at_the_start_says_what_was_tried_and_what_to_do() -> None:
    link = LinkState(False, ago(8), "nats://localhost:4222", "connection refused", 4)
    backend = FixedBackend(link_now=link)
    async with console(backend) as pilot:
        await sees(pilot, "No NATS server answers at nats://localhost:4222")
        await sees(pilot, "Tried 4 times in 8 s: connection refused")
        await sees(pilot, "nats-server -js")
        backend.link_now = UP
        await sees(pilot, "live 1 s ago")
        await does_not_see(pilot, "No NATS server answers")


async def test_a_server_without_the_stream_is_told_in_its_words() -> None:
    backend = FixedBackend(failure=NoQueueError("stream PROVISIONING does not exist"))
    async with console(backend) as pilot:
        await sees(pilot, "stream PROVISIONING does not exist")
        await sees(pilot, "farutech-worker topology apply")
        backend.failure = None
        await sees(pilot, "live 1 s ago")


async def test_the_notice_stands_in_every_room() -> None:
    async with console(FixedBackend(), notice="backoff at 1/20 of the real schedule") as pilot:
        for key in "123":
            await pilot.press(key)
            await sees(pilot, "▸ backoff at 1/20 of the real schedule")


async def test_empty_rooms_say_why() -> None:
    backend = FixedBackend(letters=[])
    async with console(backend, room="3") as pilot:
        await sees(pilot, "● No dead letters: no failed task lies here now.")
        await pilot.press("2")
        await sees(pilot, "No task event in 0 s, since the console listens.")
        await sees(pilot, "271 tasks are in flight or in backoff")
        backend.events = some_events(2)
        await does_not_see(pilot, "No task event")


async def test_letters_that_cannot_be_read_are_no_empty_table() -> None:
    backend = FixedBackend()
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("1")
        backend.failure = UnreachableError("no answer within 2 s")
        await pilot.press("3")
        await sees(pilot, "90412")


@pytest.mark.parametrize(
    "backend",
    [
        FixedBackend(failure=UnreachableError("our user may not look")),
        FixedBackend(
            status_now=some_status(
                dead_letters=None, unread={"dead_letters": "our user may not look"}
            )
        ),
    ],
    ids=["no-status", "not-allowed"],
)
async def test_letters_that_nobody_may_read_are_not_said_to_be_read(backend: FixedBackend) -> None:
    async with console(backend, room="3") as pilot:
        await sees(pilot, "The dead letters cannot be read: our user may not look")
        await does_not_see(pilot, "Reading…")
        await does_not_see(pilot, "Dead letters · 0")


async def test_who_may_not_ask_the_workers_is_told_the_causes_all_the_same() -> None:
    class Shut(FixedBackend):
        async def fleet(self) -> FleetView:
            raise NotAllowedError("our user may not publish to $SRV.STATS")

    async with console(Shut()) as pilot:

        def are_told() -> bool:
            live = app_of(pilot).live
            return live is not None and live.fleet is None and bool(live.causes)

        await eventually(pilot, are_told, "the causes")


async def test_a_poll_that_dies_is_shown() -> None:
    backend = FixedBackend(failure=ZeroDivisionError())
    async with console(backend) as pilot:
        await sees(pilot, "✖ the status poll died (ZeroDivisionError): restart")


async def test_a_poll_paints_what_changed_and_not_the_whole_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    painted: list[RenderableType | None] = []
    paint = Compositor.render_update

    def seen(compositor: Compositor, screen_stack: list[Screen[Any]]) -> RenderableType | None:
        painted.append(paint(compositor, screen_stack=screen_stack))
        return painted[-1]

    async with console(FixedBackend(), size=(160, 48)) as pilot:
        await sees(pilot, "● live")
        await pilot.pause(0.3)
        monkeypatch.setattr(Compositor, "render_update", seen)
        app = app_of(pilot)
        assert app.live is not None
        app.live = replace(app.live, broken=("the status poll died",))
        await sees(pilot, "the status poll died")
        await eventually(pilot, lambda: bool(painted), "it is painted")
    assert not [update for update in painted if isinstance(update, LayoutUpdate)]
