"""Canary, stop on failure, rate and cancel, with workers that fail, ours and others."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from farutech_console.operations.changes.plan import make_plan
from farutech_console.operations.changes.run_plan import run_plan
from farutech_console.operations.model import Outcome, Plan, PlanKind
from farutech_console.operations.pace.control import Control, Progress
from farutech_console.operations.pace.pacing import Pacing, parse_rate
from farutech_console.operations.pace.reasons import Reason
from tests.support.nats_server import NatsServer
from tests.support.operating import operated
from tests.support.queues import NAMES, LayoutKind, Queue, letter, queue
from tests.support.waiting import eventually
from tests.support.workers import Calls, working
from worker.handlers.context import TaskContext
from worker.handlers.errors import Permanent
from worker.model.clock import SystemClock
from worker.model.task import Task

layouts = pytest.mark.parametrize("kind", ["fresh", "go"])


async def planned(q: Queue, pacing: Pacing, sequences: Sequence[int] | None = None) -> Plan:
    clock = SystemClock()
    return await make_plan(q.api, q.layout, "replay", sequences, clock=clock, pacing=pacing)


async def run(
    q: Queue, plan: Plan, control: Control | None = None
) -> tuple[list[Outcome], Progress]:
    control = control or Control(SystemClock(), plan.pacing)
    outcomes = [outcome async for outcome in run_plan(operated(q), plan, control=control)]
    return outcomes, control.progress


def dies(_task: Task, _context: TaskContext) -> None:
    raise Permanent("still broken")


@asynccontextmanager
async def go_worker(q: Queue, failing: int) -> AsyncIterator[None]:
    """Runs tasks as the Go fleet does: of each six, `failing` become letters without headers."""
    js = q.connection.client.jetstream()
    pull = await js.pull_subscribe_bind(NAMES.consumer, NAMES.stream)

    # Not cancelled: a fetch may swallow that, and go on.
    is_over = asyncio.Event()

    async def work() -> None:
        ran = 0
        while not is_over.is_set():
            with contextlib.suppress(TimeoutError):
                for message in await pull.fetch(10, timeout=0.5):
                    if ran % 6 < failing:
                        task = json.loads(message.data)
                        body = json.dumps(letter(task=task | {"attempt": 5})).encode()
                        await js.publish(NAMES.dlq, body)
                    ran += 1
                    await message.ack_sync()

    working = asyncio.create_task(work())
    try:
        yield
    finally:
        is_over.set()
        await working
        await pull.unsubscribe()


@layouts
async def test_the_others_follow_a_canary_that_ended_well(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    calls = Calls()
    async with queue(nats_server, kind) as q, working(nats_server, calls):
        await q.bury_many(20)
        outcomes, progress = await run(q, await planned(q, Pacing(canary=True)))
        assert Counter(x.outcome for x in outcomes) == {"replayed": 20}
        assert (progress.state, progress.reason, progress.came_back) == ("ended", None, 0)
        await eventually(lambda: len(calls.ids) == 20)
        assert calls.ids[0] == "task-0"


@layouts
async def test_nothing_follows_a_canary_that_died(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q, working(nats_server, Calls(dies)):
        await q.bury_many(20)
        outcomes, progress = await run(q, await planned(q, Pacing(canary=True)))
        assert [x.outcome for x in outcomes] == ["replayed"]
        assert progress.reason == Reason("first_died")
        assert (await q.counts(q.layout.dead_letters.name))[NAMES.dlq] == 20


async def test_nothing_follows_a_canary_of_the_go_fleet_that_died(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as q, go_worker(q, failing=6):
        await q.bury_many(20)
        outcomes, progress = await run(q, await planned(q, Pacing(canary=True)))
        assert [x.outcome for x in outcomes] == ["replayed"]
        assert progress.reason == Reason("first_died")


async def test_a_canary_that_does_not_end_is_waited_for_no_longer_than_said(
    nats_server: NatsServer,
) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(3)
        outcomes, progress = await run(q, await planned(q, Pacing(canary=True, canary_wait=0.5)))
        assert [x.outcome for x in outcomes] == ["replayed"]
        assert progress.reason == Reason("first_lasts", seconds=0.5)
        assert len(await q.tasks()) == 1


@layouts
async def test_stops_when_too_many_die_again(nats_server: NatsServer, kind: LayoutKind) -> None:
    async with queue(nats_server, kind) as q, working(nats_server, Calls(dies)):
        await q.bury_many(300)
        pacing = Pacing(parse_rate("40/s"), stop_share=0.2)
        outcomes, progress = await run(q, await planned(q, pacing))
        sent = len(outcomes)
        assert 10 <= sent < 300
        assert {x.outcome for x in outcomes} == {"replayed"}
        assert "more than 20 %: nothing more was sent" in str(progress.reason)
        assert progress.came_back > 0.2 * 10

        async def all_dead() -> bool:
            return (await q.counts(q.layout.dead_letters.name)).get(NAMES.dlq, 0) == 300

        await eventually(all_dead, 30)


async def test_few_of_the_go_fleet_that_die_again_do_not_stop_it(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as q, go_worker(q, failing=1):
        await q.bury_many(60)
        pacing = Pacing(parse_rate("60/s"), stop_share=0.5)
        outcomes, progress = await run(q, await planned(q, pacing))
        assert Counter(x.outcome for x in outcomes) == {"replayed": 60}
        assert 0 < progress.came_back <= 10


@layouts
async def test_a_rate_is_kept_and_changed_on_the_way(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q:
        await q.bury_many(200)
        plan = await planned(q, Pacing(parse_rate("20/s")))
        control = Control(SystemClock(), plan.pacing)
        began = asyncio.get_running_loop().time()
        running = asyncio.create_task(run(q, plan, control))
        await eventually(lambda: control.progress.done >= 20, 30)
        assert asyncio.get_running_loop().time() - began > 0.7
        control.pause()
        await asyncio.sleep(0)
        assert control.progress.state == "paused"
        control.change_rate(None)
        control.resume()
        outcomes, progress = await asyncio.wait_for(running, 60)
        assert len(outcomes) == 200
        assert progress.state == "ended"


@layouts
async def test_cancel_tells_what_is_done_and_leaves_the_rest(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q:
        kept = await q.bury_many(60)
        plan = await planned(q, Pacing(parse_rate("20/s")))
        control = Control(SystemClock(), plan.pacing)
        running = asyncio.create_task(run(q, plan, control))
        await eventually(lambda: control.progress.done >= 5, 30)
        control.cancel(Reason("stopped"))
        outcomes, progress = await asyncio.wait_for(running, 60)
        assert [x.sequence for x in outcomes] == kept[: len(outcomes)]
        assert len(await q.tasks()) == len(outcomes) < 60
        assert (await q.counts(q.layout.dead_letters.name))[NAMES.dlq] == 60 - len(outcomes)
        assert progress.reason == Reason("stopped")


@layouts
async def test_a_letter_that_fails_again_tells_its_history(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q, working(nats_server, Calls(dies)):
        await q.bury(letter(1))
        for times in (1, 2):
            plan = await planned(q, Pacing())
            assert plan.came_back == ({times - 1: 1} if times > 1 else {})
            before = plan.sequences[-1]
            await run(q, plan)

            async def back(after: int = before) -> bool:
                again = await planned(q, Pacing())
                return bool(again.sequences) and again.sequences[0] > after

            await eventually(back, 30)
        assert (await planned(q, Pacing())).came_back == {2: 1}


@pytest.mark.parametrize("action", ["replay", "purge_hard"])
async def test_who_comes_late_is_told_who_was_there(nats_server: NatsServer, action: str) -> None:
    """Two consoles plan the same; the second is told by the audit, the claims being gone."""
    async with queue(nats_server) as q, queue(nats_server, None) as other:
        await q.bury_many(5)
        clock = SystemClock()
        kind: PlanKind = "replay" if action == "replay" else "purge_hard"
        first = await make_plan(q.api, q.layout, kind, None, clock=clock)
        second = await make_plan(other.api, other.layout, "replay", None, clock=clock)
        ana, ben = operated(q, operator="ana@host"), operated(other, operator="ben@host")
        done = [outcome async for outcome in run_plan(ana, first)]
        late = [outcome async for outcome in run_plan(ben, second)]
        assert {x.outcome for x in done} == {"replayed" if kind == "replay" else "purged"}
        assert {x.outcome for x in late} == {"already"}
        did = "replayed" if kind == "replay" else "purged for good"
        assert all(x.detail.startswith(f"{did} by ana@host, ") for x in late), late
        named = await make_plan(other.api, other.layout, "replay", [1], clock=clock)
        (gone,) = [outcome async for outcome in run_plan(ben, named)]
        assert gone.detail.startswith(f"{did} by ") or gone.detail.startswith("replayed by ben")
