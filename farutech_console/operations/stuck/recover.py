"""Tasks whose deliveries are spent: which they are, and bringing them back.

To the dead letters a task is moved as a worker's sweeper does it. Back to work it goes by the same
way and on from there: its dead letter is replayed, with the claim that every replay has. Each half
loses nothing and doubles nothing wherever it is broken off; between the two the task is a dead
letter with the reason `stuck`, which `dlq replay reason:stuck` sends on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from datetime import datetime

from farutech_console.operations.actions import ActionName
from farutech_console.operations.audit.recording import Change, Tally, audited
from farutech_console.operations.changes.tools import replayer
from farutech_console.operations.fleet.consumer import require_consumer
from farutech_console.operations.pace.control import never
from farutech_console.operations.queue import Queue
from farutech_console.operations.stuck.view import (
    Destination,
    Recovered,
    RecoveryKind,
    StuckPlan,
    StuckTask,
    StuckView,
)
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.deliveries.ledger import Ledger
from worker.jetstream.info import find_stream
from worker.jetstream.messages import IN_FLIGHT, StoredMessage, message_at
from worker.jetstream.pipeline import Pipeline
from worker.jetstream.reading.scan import Scan
from worker.jetstream.replays.claims import Author
from worker.jetstream.stuck.finder import StuckFinder
from worker.jetstream.stuck.mover import Moved, StuckMover
from worker.jetstream.topology.layout import Layout, find_consumer, generation
from worker.model.stuck import SpentTask
from worker.model.stuck_letter import read_stuck

Wait = Callable[[float], Awaitable[object]]

SETTLE = 1.5
"""Seconds after which a second look must find a task still stuck, before it is moved."""
SHARE_OF_ACK_WAIT = 0.6
"""How long the ledger's lease on a task lasts while it is moved, as workers have it."""
CANDIDATES = 100


async def find_stuck(queue: Queue, candidates: int = CANDIDATES) -> StuckView:
    """Return the tasks that are stuck for sure, and at most so many that may be.

    Raises:
        JetStreamError: the server could not be asked.
    """
    await require_consumer(queue)
    found = await StuckFinder(queue.api, queue.names).find(candidates)
    sequences = [*(task.sequence for task in found.certain), *found.candidates]
    spent = {task.sequence: task for task in found.certain}
    messages = await _messages(queue, sequences)
    tasks = tuple(
        _described(messages[sequence], spent.get(sequence), found.last_delivery)
        for sequence in sequences
        if sequence in messages
    )
    return StuckView(found, tasks)


async def plan_recovery(
    queue: Queue,
    to: Destination,
    sequences: Sequence[int] | None = None,
    wait: Wait = asyncio.sleep,
) -> StuckPlan:
    """Return what a recovery would touch: the tasks that two looks, a moment apart, found stuck.

    `sequences` takes only these of them.

    Raises:
        NoQueueError: there is no such queue.
        JetStreamError: the server could not be asked.
    """
    layout = await queue.fresh_layout()
    first = await find_stuck(queue, 0)
    if first.certain:
        await wait(SETTLE)
    again = await find_stuck(queue, 0)
    before = {task.sequence for task in first.certain}
    sure = [task for task in again.certain if task.sequence in before]
    if sequences is not None:
        sure = [task for task in sure if task.sequence in set(sequences)]
    chosen = {task.sequence for task in sure}
    flags = "".join(f" --seq {sequence}" for sequence in sorted(set(sequences or ())))
    return StuckPlan(
        to=to,
        tasks=tuple(sure),
        allowed=again.found.allowed,
        stream=queue.names.stream,
        generation=generation(layout.work_queue.created),
        command=f"farutech-console stuck recover --to {to}{flags}",
        missing=tuple(sorted(set(sequences or ()) - chosen)),
    )


def nobody(_tasks: int) -> None:
    """Tell nobody."""


async def recover_stuck(
    queue: Queue,
    plan: StuckPlan,
    why: str = "",
    *,
    stop: Callable[[], bool] = never,
    moved: Callable[[int], None] = nobody,
) -> AsyncGenerator[Recovered, None]:
    """Carry out a plan; yields what became of each task.

    Once `stop` says so no more are begun. On their way back to work tasks are dead letters first:
    `moved` is told how many are, before any of them is yielded.

    May be broken off at any moment: what was not moved is found by the next look, and what was
    moved and not sent on lies in the dead letters with the reason `stuck`.

    Raises:
        ReadOnlyError: this console may not change anything.
        AuditError: the audit could not be written.
        JetStreamError: the server was away; a task not yielded lies where it lay, or is a letter.
    """
    action: ActionName = "stuck_to_dlq" if plan.to == "dlq" else "stuck_to_work"
    queue.guard(action)
    for sequence in plan.missing:
        yield Recovered(sequence, "", "gone", detail="not stuck, not any more or not for sure")
    if not plan.tasks:
        return
    change = Change(
        action,
        plan.stream,
        plan.command,
        why,
        plan.generation,
        tuple(task.sequence for task in plan.tasks),
    )
    async with audited(queue, change) as tally:
        async with aclosing(_recover(queue, plan, tally, stop, moved)) as outcomes:
            async for outcome in outcomes:
                tally.count(outcome.outcome, outcome.sequence, outcome.detail)
                yield outcome
        tally.stopped = tally.counts.total() < len(plan.tasks)


async def _recover(
    queue: Queue,
    plan: StuckPlan,
    tally: Tally,
    stop: Callable[[], bool],
    told: Callable[[int], None],
) -> AsyncGenerator[Recovered, None]:
    layout = await queue.fresh_layout()
    if generation(layout.work_queue.created) != plan.generation:
        for task in plan.tasks:
            yield Recovered(task.sequence, task.task_id, "gone", detail="the stream is another now")
        return
    moved: list[Moved] = []
    spent = [SpentTask(task.sequence, task.deliveries) for task in plan.tasks]
    async with AsyncExitStack() as stack:
        mover = await _mover(queue, stack)
        async for one in mover.move(spent, plan.allowed):
            if plan.to == "work" and one.result == "moved":
                moved.append(one)
                told(len(moved))
            else:
                yield Recovered(one.sequence, _task_id(one), one.result, detail=one.detail)
            if stop():
                break
    if moved:
        async with aclosing(_send_on(queue, plan, moved, tally)) as sent:
            async for outcome in sent:
                yield outcome


async def _mover(queue: Queue, stack: AsyncExitStack) -> StuckMover:
    names, api = queue.names, queue.api
    ledger = None
    consumer = await find_consumer(api, names.stream, names.consumer)
    if consumer is not None and await find_stream(api, names.ledger_stream) is not None:
        pipeline = await stack.enter_async_context(Pipeline(queue.connection))
        lease = consumer.ack_wait * SHARE_OF_ACK_WAIT
        ledger = Ledger(api, pipeline, names, queue.operator, lease, queue.clock)
    return StuckMover(api, names, queue.operator, queue.clock, lambda: ledger)


async def _send_on(
    queue: Queue, plan: StuckPlan, moved: Sequence[Moved], tally: Tally
) -> AsyncGenerator[Recovered, None]:
    """Replay the letters of tasks that were moved."""
    layout = await queue.fresh_layout()
    since = min(task.stored_at for task in plan.tasks)
    letters = await _letters_of(queue, layout, since, {one.sequence for one in moved})
    task_ids = {one.sequence: _task_id(one) for one in moved}
    for one in moved:
        if one.sequence not in letters:
            detail = "it is a dead letter now, which somebody took at once: see the audit"
            yield Recovered(one.sequence, _task_id(one), "moved", detail=detail)
    sources = {letter: sequence for sequence, letter in letters.items()}
    replaying = replayer(queue, layout, Author(queue.operator, tally.id))
    async with aclosing(replaying.run(sorted(sources))) as run:
        async for done in run:
            sequence = sources[done.sequence]
            result, letter = _after_replay(done.result, done.sequence)
            yield Recovered(sequence, task_ids[sequence], result, letter, done.detail)


def _after_replay(result: str, letter: int) -> tuple[RecoveryKind, int | None]:
    if result in ("replayed", "already"):
        return "replayed", None
    if result == "unknown":
        return "unknown", letter
    return "moved", letter


async def _letters_of(
    queue: Queue, layout: Layout, since: datetime, sequences: set[int]
) -> dict[int, int]:
    """Return the dead letters of these messages of the work queue, by the message's sequence."""
    home, names = layout.dead_letters, queue.names
    scan = Scan(queue.api, home, names.dlq, layout.server.api_level)
    first = await scan.first_since(since)
    found: dict[int, int] = {}
    async for letters in DeadLetters(queue.api, layout, current=True).scan(after=first - 1):
        for letter in letters:
            source = letter.letter.source if letter.letter else None
            if source is None or letter.letter is None or letter.letter.reason != "stuck":
                continue
            if source.stream == names.stream and source.sequence in sequences:
                found[source.sequence] = letter.sequence
    return found


async def _messages(queue: Queue, sequences: Sequence[int]) -> dict[int, StoredMessage]:
    found: dict[int, StoredMessage] = {}
    for start in range(0, len(sequences), IN_FLIGHT):
        few = sequences[start : start + IN_FLIGHT]
        asked = (message_at(queue.api, queue.names.stream, sequence) for sequence in few)
        for message in await asyncio.gather(*asked):
            if message is not None:
                found[message.sequence] = message
    return found


def _described(
    message: StoredMessage, spent: SpentTask | None, last_delivery: datetime | None
) -> StuckTask:
    task, _ = read_stuck(message.body)
    return StuckTask(
        sequence=message.sequence,
        certain=spent is not None,
        task_id=task.task_id,
        tenant_id=task.tenant_id,
        task_type=task.task_type,
        deliveries=spent.deliveries if spent else None,
        stored_at=message.stored_at,
        since=spent.since if spent else None,
        delivered_by=(spent.since or last_delivery) if spent else None,
    )


def _task_id(moved: Moved) -> str:
    return moved.letter.task.task_id if moved.letter else ""
