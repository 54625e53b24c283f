"""What a replay or purge will touch, read once and then frozen."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence

from farutech_console.language import tr
from farutech_console.operations.changes.plan_letters import summarize
from farutech_console.operations.letters.selection import ScanProgress, Selection, no_progress
from farutech_console.operations.model import MOST_NAMED, InDoubt, Plan, PlanKind
from farutech_console.operations.pace.pacing import Pacing
from worker.jetstream.api import Api
from worker.jetstream.replays.memory import claims_in_doubt
from worker.jetstream.topology.layout import Layout, find_consumer
from worker.model.clock import Clock
from worker.model.names import QueueNames
from worker.model.state import ConsumerState

_COMMANDS: dict[PlanKind, tuple[str, ...]] = {
    "replay": ("replay",),
    "purge": ("purge",),
    "purge_hard": ("purge", "--hard"),
}


Which = Selection | Sequence[int] | None
"""Some letters: selected, by their sequences, or all that lie there now."""


async def make_plan(
    api: Api,
    layout: Layout,
    kind: PlanKind,
    which: Which,
    *,
    clock: Clock,
    pacing: Pacing | None = None,
) -> Plan:
    """Plan for these letters, as a `Planner` whose reading nobody follows."""
    return await Planner(api, layout, clock).plan(kind, which, pacing)


class Planner:
    """Plans for the letters of a layout found a moment ago.

    `progress` is told how far the reading of the letters is.
    """

    def __init__(
        self,
        api: Api,
        layout: Layout,
        clock: Clock,
        progress: Callable[[ScanProgress], None] = no_progress,
    ) -> None:
        self._api = api
        self._layout = layout
        self._clock = clock
        self._progress = progress

    async def plan(self, kind: PlanKind, which: Which, pacing: Pacing | None = None) -> Plan:
        """Plan for these letters; their sequences are frozen in the plan.

        Sequences under which no dead letter lies are named in the plan, and will not be touched.

        Raises:
            JetStreamError: the server could not be asked.
        """
        api, layout = self._api, self._layout
        selection = _selection(which)
        summary = await summarize(api, layout, selection, self._clock.now(), self._progress)
        names = layout.names
        consumer = await find_consumer(api, names.stream, names.consumer)
        sequences = tuple(summary.sequences)
        missing = () if selection.filter or selection.limit else selection.sequences
        pacing = pacing or Pacing()
        replays = kind == "replay"
        return Plan(
            kind=kind,
            stream=layout.dead_letters.name,
            generation=layout.dlq_generation,
            sequences=sequences,
            task_ids=tuple(summary.task_ids) if len(sequences) <= MOST_NAMED else (),
            target=_target(kind, names),
            oldest_at=summary.oldest_at,
            newest_at=summary.newest_at,
            tenants=dict(summary.tenants),
            task_types=dict(summary.task_types),
            replayed_before=summary.came_back.total(),
            expiring=summary.expiring,
            consumer_note=_consumer_note(names, consumer) if replays else "",
            command=command_line(kind, names, selection, pacing),
            missing=tuple(sorted(set(missing).difference(sequences))),
            complete=summary.complete,
            came_back=dict(sorted(summary.came_back.items())),
            asking=consumer.waiting if consumer is not None else 0,
            pacing=pacing,
            stuck=tuple(summary.stuck),
            in_doubt=await _in_doubt(api, layout, sequences, self._clock) if replays else (),
        )


def _target(kind: PlanKind, names: QueueNames) -> str:
    if kind == "replay":
        return names.tasks
    if kind == "purge":
        return tr("{archive}: undo brings them back within 7 days", archive=names.archive_stream)
    return tr("nowhere: deleted for good")


async def _in_doubt(
    api: Api, layout: Layout, sequences: Sequence[int], clock: Clock
) -> tuple[InDoubt, ...]:
    claims = await claims_in_doubt(api, layout, clock)
    if not claims:
        return ()
    among = set(sequences).intersection(claim.sequence for claim in claims)
    return tuple(
        InDoubt(claim.sequence, claim.told)
        for claim in sorted(claims, key=lambda claim: claim.sequence)
        if claim.sequence in among
    )


def command_line(kind: PlanKind, names: QueueNames, selection: Selection, pacing: Pacing) -> str:
    """Return the command that plans the same on the same server."""
    words = ["farutech-console", "dlq", *_COMMANDS[kind]]
    usual = QueueNames()
    for flag, value, default in (
        ("--stream", names.stream, usual.stream),
        ("--prefix", names.prefix, usual.prefix),
        ("--consumer", names.consumer_name, ""),
        ("--dlq-stream", names.dlq_stream_name, ""),
    ):
        words += [flag, value] if value != default else []
    return shlex.join((*words, *selection.words(), *pacing.words()))


def _selection(which: Which) -> Selection:
    if isinstance(which, Selection):
        return which
    if which is None:
        return Selection()
    return Selection(sequences=tuple(sorted(set(which))))


def _consumer_note(names: QueueNames, consumer: ConsumerState | None) -> str:
    if consumer is None:
        return tr(
            "there is no consumer {name}: nobody runs the tasks until there is", name=names.consumer
        )
    if consumer.paused:
        return tr(
            "{name} is paused for another {span}: the tasks wait till then",
            name=names.consumer,
            span=f"{consumer.pause_remaining / 60:.0f} min",
        )
    if consumer.waiting == 0 and consumer.ack_pending == 0:
        return tr("no worker asks {name} for tasks: they wait until one does", name=names.consumer)
    return ""
