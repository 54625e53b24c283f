"""What is done in the scenes of the snapshots, and the backends that they play on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from textual.pilot import Pilot
from textual.widgets import TextArea

from farutech_console.operations.model import LinkState
from tests.console.driving import app_of, eventually, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_fleet import some_workers
from tests.console.fixed_letters import letter, some_letters
from tests.console.fixed_queue import some_events, some_status
from tests.console.moment import NOW, StillClock, ago
from tests.console.test_hostile import hostile, opens
from worker.jetstream.topology.layout import NoQueueError
from worker.model.heard import HeardKind

HOSTILE = "[/red] [@click=app.quit]x[/] \x1b[31mred\x00 \u202eabc 部署 👩‍👩‍👧‍👦"
Act = Callable[[Pilot[None]], Awaitable[None]]


def pressing(*steps: str) -> Act:
    """Press keys and wait for texts, which begin with `?`."""

    async def act(pilot: Pilot[None]) -> None:
        for step in steps:
            if step.startswith("?"):
                await sees(pilot, step[1:])
            else:
                await pilot.press(step)
                await has_acted(pilot, step)

    return act


async def has_acted(pilot: Pilot[None], key: str) -> None:
    """Wait until a key has had its effect and the screen was drawn since, however busy it is."""
    app, came, drawn = app_of(pilot), asyncio.Event(), asyncio.Event()
    app.call_later(came.set)
    await eventually(pilot, came.is_set, f"{key} has come")
    await eventually(pilot, lambda: not app._waiting and app._sent is None, f"{key} has acted")
    app.call_later(lambda: app.screen.call_after_refresh(drawn.set))
    await eventually(pilot, drawn.is_set, f"what {key} did is drawn")


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


async def a_while(pilot: Pilot[None]) -> None:
    """Some seconds pass."""
    clock = app_of(pilot)._clock
    assert isinstance(clock, StillClock)
    clock.advance(5)


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
    return FixedBackend(failure=NoQueueError("the stream PROVISIONING does not exist"))


def nine() -> FixedBackend:
    return FixedBackend(letters=some_letters(9), outcome_of=outcome_of)
