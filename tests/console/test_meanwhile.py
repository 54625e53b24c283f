"""What somebody else does on the same server, while an operator looks or has a plan before them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from farutech_console.operations.changes.plan import make_plan
from farutech_console.operations.changes.run_plan import run_plan
from farutech_console.tui.common.confirm import ConfirmPlan
from farutech_console.tui.dlq.pane import LetterPane
from tests.console.driving import (
    app_of,
    does_not_see,
    eventually,
    live_console,
    screen_text,
    sees,
)
from tests.support.nats_server import NatsServer
from tests.support.operating import operated
from tests.support.queues import NAMES, Queue, letter, queue
from worker.jetstream.topology.layout import ensure
from worker.model.clock import SystemClock


@asynccontextmanager
async def three_letters(server: NatsServer) -> AsyncIterator[tuple[Queue, Pilot[None]]]:
    """A queue with three dead letters, and a console that shows them."""
    async with queue(server) as there, live_console(server) as pilot:
        await there.bury_many(3)
        await pilot.press("3")
        await sees(pilot, "task-2")
        yield there, pilot


async def _replays(there: Queue, *sequences: int) -> None:
    """Somebody else replays these."""
    plan = await make_plan(there.api, there.layout, "replay", sequences, clock=SystemClock())
    async for _ in run_plan(operated(there, operator="ben@host"), plan):
        pass


async def test_an_open_letter_that_goes_is_told_and_none_takes_its_place(
    nats_server: NatsServer,
) -> None:
    async with three_letters(nats_server) as (there, pilot):
        await pilot.press("j", "enter")
        await sees(pilot, "task-1")
        await _replays(there, 2)
        await sees(pilot, "gone from here")
        pane = pilot.app.screen.query_one(LetterPane)
        assert pane.stored is not None
        assert pane.stored.sequence == 2
        assert "seq 2" in screen_text(pilot)
        await sees(pilot, "gone from here: ↺ sent again · by ben@host")
        await pilot.press("x")
        await sees(pilot, "no letter is left of those")
        await pilot.press("escape", "escape")
        await sees(pilot, "Dead letters · 2")
        await pilot.press("g", "enter")
        await sees(pilot, "Letter 3")
        await does_not_see(pilot, "gone from here")
        await _replays(there, 1, 3)
        await sees(pilot, "gone from here")
        await pilot.press("escape")
        await sees(pilot, "No dead letters")


async def test_a_plan_tells_which_of_the_marked_are_gone(nats_server: NatsServer) -> None:
    async with three_letters(nats_server) as (there, pilot):
        await pilot.press("space", "space", "space")
        await _replays(there, 2)
        await pilot.press("x")
        await eventually(pilot, lambda: isinstance(pilot.app.screen, ConfirmPlan), "the preview")
        await sees(pilot, "1 of those that were marked lies there no more")
        assert app_of(pilot).run_progress is None
        assert (await there.counts(NAMES.dlq_stream)) == {NAMES.dlq: 2}


async def test_letters_that_cannot_be_read_again_are_told_to_be_old(
    nats_server: NatsServer,
) -> None:
    async with three_letters(nats_server) as (there, pilot):
        await pilot.press("r")
        await sees(pilot, "Replay 1 dead letter")
        await there.api.request(f"STREAM.DELETE.{NAMES.dlq_stream}")
        await sees(pilot, "old: stream not found")
        assert pilot.app.screen_stack[-2].has_class("-stale")
        await pilot.press("right", "enter")
        await sees(pilot, "broke off: no stream takes provisioning.dlq")
        await ensure(there.api, NAMES)
        await there.bury_many(1)
        await sees(pilot, "Dead letters · 1")
        await does_not_see(pilot, "old:")


async def test_a_mark_does_not_pass_to_a_letter_of_the_stream_made_anew(
    nats_server: NatsServer,
) -> None:
    async with three_letters(nats_server) as (there, pilot):
        await pilot.press("space", "g", "enter")
        await sees(pilot, "Letter 3")
        await there.api.request(f"STREAM.DELETE.{NAMES.dlq_stream}")
        await ensure(there.api, NAMES)
        for number in (7, 8, 9):
            await there.bury(letter(number))
        await sees(pilot, "was made anew")
        await sees(pilot, "task-9")
        await does_not_see(pilot, "task-2")
        await does_not_see(pilot, "marked")
        await does_not_see(pilot, "Letter 3")
