"""A backend whose answers are fixed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from farutech_console.operations.audit.log import AuditEntry, AuditPage
from farutech_console.operations.audit.notes import Note
from farutech_console.operations.causes.causes import Causes
from farutech_console.operations.changes.edit import (
    Draft,
    NotEditableError,
    draft_from,
    read_edited,
)
from farutech_console.operations.changes.plan import Which
from farutech_console.operations.changes.undo import UndoPlan
from farutech_console.operations.changes.unfinished import Finished
from farutech_console.operations.errors import NothingToUndoError
from farutech_console.operations.files.export_file import whole_file
from farutech_console.operations.files.transfer import Format
from farutech_console.operations.filter.evaluate import predicate
from farutech_console.operations.filter.model import ALL, Filter
from farutech_console.operations.fleet.view import FleetView, WorkerView
from farutech_console.operations.index.letters import LetterIndex
from farutech_console.operations.letters.browse import Groups
from farutech_console.operations.letters.selection import ScanProgress, Selection, no_progress
from farutech_console.operations.model import (
    FeedCounts,
    LinkState,
    Outcome,
    Page,
    Plan,
    PlanKind,
    QueueStatus,
    TaskEvent,
)
from farutech_console.operations.pace.control import Control
from farutech_console.operations.pace.pacing import Pacing
from farutech_console.operations.story.view import TaskStory, TaskSummary
from farutech_console.operations.stuck.view import StuckView
from tests.console.fixed_fleet import some_changes, some_stuck, some_workers
from tests.console.fixed_letters import lean, some_letters
from tests.console.fixed_queue import COUNTS, some_status
from tests.console.moment import NOW, ago
from worker.jetstream.dead_letters.lean import LeanLetter
from worker.model.clock import SystemClock
from worker.model.dead_letter import StoredDeadLetter
from worker.model.names import QueueNames
from worker.model.state import Pause


@dataclass
class FixedBackend:
    """Answers from what it was given; a run removes its letters and tells of each."""

    letters: list[StoredDeadLetter] = field(default_factory=some_letters)
    status_now: QueueStatus = field(default_factory=some_status)
    link_now: LinkState = field(default_factory=lambda: LinkState(True, ago(600), "s1"))
    events: list[TaskEvent] = field(default_factory=list)
    read_only: bool = False
    failure: Exception | None = None
    outcome_of: Callable[[int], str] = lambda sequence: "replayed"
    gate: asyncio.Event | None = None
    names: QueueNames = field(default_factory=QueueNames)
    entered: int = 0
    left: int = 0
    ran: list[Plan] = field(default_factory=list)
    workers: tuple[WorkerView, ...] = field(default_factory=some_workers)
    stories: dict[str, TaskStory] = field(default_factory=dict)
    tasks: tuple[TaskSummary, ...] = ()
    stuck_now: StuckView = field(default_factory=some_stuck)
    stuck_looks: int = 0
    told_stories: int = 0
    changes: tuple[AuditEntry, ...] = field(default_factory=some_changes)
    undoable: UndoPlan | None = None
    plan_gate: asyncio.Event | None = None
    plan_read: ScanProgress | None = None
    letter_gate: asyncio.Event | None = None
    returned: tuple[int, ...] = ()
    interrupted: Finished = field(default_factory=Finished)
    pauses: list[tuple[float, str]] = field(default_factory=list)
    written_notes: dict[str, Note] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        self.entered += 1
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.left += 1

    def link(self) -> LinkState:
        return self.link_now

    async def status(self) -> QueueStatus:
        self._fail()
        dead = self.status_now.dead_letters
        if dead is not None:
            dead = replace(dead, depth=len(self.letters))
        return replace(self.status_now, dead_letters=dead)

    def drain_events(self) -> Sequence[TaskEvent]:
        events, self.events = self.events, []
        return events

    def feed_counts(self) -> FeedCounts:
        return COUNTS

    async def page(self, limit: int, before: int | None = None, wanted: Filter = ALL) -> Page:
        self._fail()
        matches = predicate(wanted, NOW)
        older = [one for one in self.letters if before is None or one.sequence < before]
        older = [one for one in older if matches(one)]
        return Page(tuple(older[:limit]), len(self.letters), len(older) > limit)

    async def select(
        self, selection: Selection, progress: Callable[[ScanProgress], None] = no_progress
    ) -> AsyncGenerator[Sequence[LeanLetter], None]:
        self._fail()
        matches = predicate(selection.filter, NOW)
        found = [one for one in self.letters if matches(one)]
        if selection.sequences:
            found = [one for one in found if one.sequence in selection.sequences]
        if selection.order == "oldest":
            found.reverse()
        progress(ScanProgress(len(self.letters), len(found), len(self.letters)))
        yield [lean(one) for one in found[: selection.limit or None]]

    async def groups(
        self,
        selection: Selection,
        progress: Callable[[ScanProgress], None] = no_progress,
        among: int = 0,
    ) -> Groups:
        causes = Causes()
        async for letters in self.select(selection, progress):
            for one in letters:
                causes.add(one)
        return Groups(tuple(causes.ranked()), len(self.letters), causes.count)

    async def index(self) -> LetterIndex | None:
        return None

    async def export(
        self,
        selection: Selection,
        form: Format,
        target: Path,
        *,
        replace: bool = False,
        progress: Callable[[ScanProgress], None] = no_progress,
    ) -> int:
        written = 0
        with whole_file(target, replace=replace) as file:
            async for letters in self.select(selection, progress):
                if self.gate is not None:
                    await self.gate.wait()
                for one in letters:
                    file.write(f"{form} {one.sequence}\n".encode())
                    written += 1
        return written

    async def letter(self, sequence: int) -> StoredDeadLetter | None:
        self._fail()
        if self.letter_gate is not None:
            await self.letter_gate.wait()
        return next((one for one in self.letters if one.sequence == sequence), None)

    async def audit(self, limit: int, before: int | None = None) -> AuditPage:
        self._fail()
        older = [one for one in self.changes if before is None or one.sequence < before]
        return AuditPage(tuple(older[:limit]), more=len(older) > limit)

    async def story(self, task_id: str) -> TaskStory:
        self._fail()
        self.told_stories += 1
        return self.stories.get(task_id) or TaskStory(task_id, "", "", (), (), (), ())

    async def tenant_tasks(self, tenant_id: str, limit: int) -> tuple[TaskSummary, ...]:
        self._fail()
        return tuple(task for task in self.tasks if task.tenant_id == tenant_id)[:limit]

    async def stuck(self, candidates: int) -> StuckView:
        self._fail()
        self.stuck_looks += 1
        found = self.stuck_now
        certain = found.certain
        others = [task for task in found.tasks if not task.certain][:candidates]
        return replace(found, tasks=(*certain, *others))

    async def fleet(self) -> FleetView:
        self._fail()
        return FleetView(ago(0), self.workers, clients_told=True)

    async def pause(self, seconds: float, why: str = "") -> Pause:
        self._fail()
        self.pauses.append((seconds, why))
        return Pause(paused=True, until=ago(-seconds), remaining=seconds)

    async def resume(self, why: str = "") -> Pause:
        self._fail()
        self.pauses.append((0.0, why))
        return Pause(paused=False, until=None, remaining=0.0)

    async def plan_replay(
        self,
        which: Which,
        pacing: Pacing | None = None,
        progress: Callable[[ScanProgress], None] = no_progress,
    ) -> Plan:
        if self.plan_read is not None:
            progress(ScanProgress(0, 0, self.plan_read.depth))
            progress(self.plan_read)
        if self.plan_gate is not None:
            await self.plan_gate.wait()
        return replace(self._plan("replay", which), pacing=pacing or Pacing())

    async def plan_purge(
        self, which: Which, progress: Callable[[ScanProgress], None] = no_progress
    ) -> Plan:
        del progress
        return self._plan("purge", which)

    async def plan_undo(
        self, which: str = "last", progress: Callable[[ScanProgress], None] = no_progress
    ) -> UndoPlan:
        del progress
        if self.undoable is None:
            raise NothingToUndoError(f"no purge is on record ({which})")
        return self.undoable

    async def plan_purge_of_returned(
        self, entry: AuditEntry, progress: Callable[[ScanProgress], None] = no_progress
    ) -> Plan:
        del progress
        if not self.returned:
            raise NothingToUndoError(f"nothing is left of {entry.id}")
        return self._plan("purge", self.returned)

    async def undo(
        self, plan: UndoPlan, stop: Callable[[], bool] | None = None, why: str = ""
    ) -> AsyncIterator[Outcome]:
        del why
        for sequence in plan.sequences:
            if self.gate is not None:
                await self.gate.wait()
            if stop is not None and stop():
                return
            yield Outcome(sequence, f"task-{sequence}", "restored")

    async def draft(self, sequence: int) -> Draft:
        letter = next((one for one in self.letters if one.sequence == sequence), None)
        if letter is None:
            raise NotEditableError(f"there is no dead letter {sequence}")
        return draft_from(letter, "PROVISIONING_DLQ", "1")

    async def edit(self, draft: Draft, text: str, why: str = "") -> Outcome:
        del why
        task = read_edited(text)
        self.letters = [one for one in self.letters if one.sequence != draft.sequence]
        return Outcome(draft.sequence, task.task_id, "replayed")

    async def notes(self) -> dict[str, Note]:
        return dict(self.written_notes)

    async def note(self, cause: str, text: str) -> None:
        self.written_notes[cause] = Note(cause, text, "anna@laptop", NOW)

    async def finish_interrupted(self) -> Finished:
        self._fail()
        return self.interrupted

    async def run(
        self, plan: Plan, control: Control | None = None, why: str = ""
    ) -> AsyncIterator[Outcome]:
        self.ran.append(plan)
        control = control or Control(SystemClock(), plan.pacing)
        control.begin(plan.count)
        for sequence, task_id in zip(plan.sequences, plan.task_ids, strict=True):
            if not await control.allow(1):
                return
            if self.gate is not None:
                await self.gate.wait()
            ended = "purged" if plan.kind == "purge" else self.outcome_of(sequence)
            if ended in ("purged", "replayed"):
                self.letters = [one for one in self.letters if one.sequence != sequence]
            told = "no answer" if ended == "unknown" else ""
            outcome = Outcome(sequence, task_id, ended, told)  # type: ignore[arg-type]
            control.count([outcome])
            yield outcome

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure

    def _plan(self, kind: PlanKind, which: Which) -> Plan:
        self._fail()
        if isinstance(which, Selection):
            matches, wanted = predicate(which.filter, NOW), None
        else:
            matches, wanted = predicate(ALL, NOW), None if which is None else set(which)
        chosen = [
            one
            for one in self.letters
            if matches(one) and (wanted is None or one.sequence in wanted)
        ]
        chosen.sort(key=lambda one: one.sequence)
        listed = " ".join(f"--seq {one.sequence}" for one in chosen)
        return Plan(
            kind=kind,
            stream="PROVISIONING_DLQ",
            generation="g1",
            sequences=tuple(one.sequence for one in chosen),
            task_ids=tuple(one.task.task_id for one in chosen),
            target="provisioning.tasks" if kind == "replay" else "",
            oldest_at=min((one.died_at for one in chosen), default=None),
            newest_at=max((one.died_at for one in chosen), default=None),
            tenants=Counter(one.task.tenant_id for one in chosen),
            task_types=Counter(one.task.task_type for one in chosen),
            replayed_before=sum(1 for one in chosen if one.letter and one.letter.replays),
            expiring=0,
            consumer_note="",
            command=f"farutech-console dlq {kind} {listed if wanted is not None else '--all'}",
        )
