"""Carrying out a plan: refused, recorded, and run, letter by letter."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from farutech_console.language import tr
from farutech_console.operations.actions import ActionName
from farutech_console.operations.alike import kinds_of
from farutech_console.operations.audit.recording import Change, audited
from farutech_console.operations.changes.archive import archive
from farutech_console.operations.changes.purge import purge
from farutech_console.operations.changes.replay import replay
from farutech_console.operations.errors import StalePlanError
from farutech_console.operations.letters.who import Who
from farutech_console.operations.model import NEVER_THERE, Outcome, Plan
from farutech_console.operations.pace.control import Control
from farutech_console.operations.queue import Queue
from worker.jetstream.moves.archive import Purpose
from worker.jetstream.replays.claims import Author
from worker.jetstream.replays.parts import GONE
from worker.jetstream.topology.layout import Layout


async def run_plan(
    queue: Queue,
    plan: Plan,
    *,
    control: Control | None = None,
    why: str = "",
) -> AsyncGenerator[Outcome, None]:
    """Carry out a plan as `run_pages` does; yields the outcome of each letter by itself."""
    pages = run_pages(queue, plan, control=control, why=why)
    async with aclosing(pages):
        async for page in pages:
            for outcome in page:
                yield outcome


async def run_pages(
    queue: Queue,
    plan: Plan,
    *,
    control: Control | None = None,
    why: str = "",
) -> AsyncGenerator[Sequence[Outcome], None]:
    """Carry out a plan; yields an outcome for each of its letters, some at a time.

    `control` has the reins, where somebody holds them: once it is cancelled no more letters are
    begun; the outcomes of those in hand are yielded. `why` goes into the audit.

    Raises:
        ReadOnlyError: the console may not change anything.
        StalePlanError: the stream of the letters is not the one that was planned for.
        AuditError: the audit could not be written.
        ArchiveError: there is no archive to purge into.
        JetStreamError: the server was away for too long; letters not yielded were not touched.
    """
    queue.guard(action_of(plan))
    layout = await queue.fresh_layout()
    if (layout.dead_letters.name, layout.dlq_generation) != (plan.stream, plan.generation):
        raise StalePlanError(
            tr(
                "{name} is not the stream any more that was planned for: plan again",
                name=plan.stream,
            )
        )
    control = control or Control(queue.clock, plan.pacing)
    control.begin(plan.count + len(plan.missing), len(plan.missing))
    who = Who(queue, plan.generation, "")
    for sequence in plan.missing:
        if sequence > layout.dead_letters.last_sequence:
            yield (Outcome(sequence, "", "failed", NEVER_THERE),)
        else:
            yield (await _with_who(Outcome(sequence, "", "already", GONE), who),)
    if not plan.sequences:
        control.end()
        return
    async with audited(queue, change_of(plan, why)) as tally:
        who = Who(queue, plan.generation, tally.id)
        purpose = Purpose(tally.id, queue.operator, why)
        pages = _outcomes(queue, layout, plan, purpose, control)
        try:
            async with aclosing(pages):
                async for page in pages:
                    outcomes: Sequence[Outcome] = page
                    if kinds_of(page)["already"]:
                        outcomes = [await _with_who(one, who) for one in page]
                    tally.count_all(outcomes)
                    control.count(outcomes)
                    yield outcomes
        finally:
            control.end()
        tally.stopped = tally.counts.total() < plan.count


async def _with_who(outcome: Outcome, who: Who) -> Outcome:
    """Say of a letter that is gone who dealt with it, where the audit knows."""
    if outcome.outcome != "already" or outcome.detail != GONE:
        return outcome
    return outcome._replace(detail=await who.told(outcome.sequence) or GONE)


def action_of(plan: Plan) -> ActionName:
    """Return what a plan does: to settle what nobody can tell is more than a replay."""
    return "resolve_unknown" if plan.in_doubt and plan.pacing.unknown != "keep" else plan.kind


def change_of(plan: Plan, why: str) -> Change:
    """Return the change that a plan makes, as the audit knows it."""
    return Change(
        action=action_of(plan),
        about=plan.stream,
        command=plan.command,
        why=why,
        generation=plan.generation,
        sequences=plan.sequences,
    )


def _outcomes(
    queue: Queue,
    layout: Layout,
    plan: Plan,
    purpose: Purpose,
    control: Control,
) -> AsyncGenerator[Sequence[Outcome], None]:
    author = Author(purpose.by, purpose.run)
    if plan.kind == "replay":
        return replay(queue, layout, plan, author, control)
    if plan.kind == "purge":
        return archive(queue, layout, plan, author, why=purpose.why, control=control)
    return purge(queue, layout, plan, control)
