"""A read-only console writes nothing: every operation of the table is tried on a real server."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
from nats.aio.msg import Msg

from farutech_console.operations.actions import WRITES, ActionName
from farutech_console.operations.audit.log import read_audit
from farutech_console.operations.audit.notes import read_notes, write_note
from farutech_console.operations.changes.edit import Draft, draft_of, edit
from farutech_console.operations.changes.plan import make_plan
from farutech_console.operations.changes.run_plan import run_plan
from farutech_console.operations.changes.undo import UndoPlan, plan_undo, undo
from farutech_console.operations.errors import ReadOnlyError
from farutech_console.operations.files.transfer import import_letters, plan_import
from farutech_console.operations.fleet.pause import pause_for, resume
from farutech_console.operations.model import InDoubt, PlanKind
from farutech_console.operations.pace.pacing import Pacing
from farutech_console.operations.queue import Queue as OperatedQueue
from farutech_console.operations.stuck.recover import plan_recovery, recover_stuck
from farutech_console.operations.stuck.view import Destination
from farutech_console.operations.watch.status import ask_status
from tests.live.test_archive import carried_out
from tests.support.nats_server import NatsServer
from tests.support.operating import operated
from tests.support.queues import NAMES, Queue, queue
from worker.jetstream.errors import JetStreamError
from worker.jetstream.replays.claims import Author
from worker.jetstream.replays.replayer import Replayer
from worker.model.clock import SystemClock

READS = ("INFO", "STREAM.INFO.", "STREAM.NAMES", "STREAM.MSG.GET.", "CONSUMER.INFO.", "DIRECT.GET.")


@dataclass
class Heard:
    """Every message that a client of the account published, but for answers."""

    writes: list[str] = field(default_factory=list)
    reads: int = 0

    async def take(self, message: Msg) -> None:
        subject = message.subject
        if subject.startswith("_INBOX."):
            return
        if subject.startswith("$JS.API."):
            verb = subject.removeprefix("$JS.API.")
            if any(verb.startswith(read) for read in READS):
                self.reads += 1
                return
        if not subject.startswith(("$JS.EVENT.", "$JS.ACK.")):
            self.writes.append(subject)


@asynccontextmanager
async def hearing(q: Queue) -> AsyncIterator[Heard]:
    heard = Heard()
    subscription = await q.connection.client.subscribe(">", cb=heard.take)
    await q.connection.client.flush()
    yield heard
    await q.connection.client.flush()
    await subscription.unsubscribe()


@dataclass
class Prepared:
    """What the attempts are made with: all of it planned by somebody who may write."""

    o: OperatedQueue
    draft: Draft
    undo: UndoPlan
    file: io.BytesIO

    async def plan(self, kind: PlanKind) -> None:
        plan = await make_plan(self.o.api, await self.o.layout(), kind, None, clock=self.o.clock)
        _ = [outcome async for outcome in run_plan(self.o, plan)]

    async def settle(self) -> None:
        plan = await make_plan(
            self.o.api, await self.o.layout(), "replay", None, clock=self.o.clock
        )
        doubt = InDoubt(plan.sequences[0], "sent by ben")
        plan = replace(plan, in_doubt=(doubt,), pacing=Pacing(unknown="send"))
        _ = [outcome async for outcome in run_plan(self.o, plan)]

    async def recover(self, to: Destination) -> None:
        plan = await plan_recovery(self.o, to)
        _ = [outcome async for outcome in recover_stuck(self.o, plan)]

    async def bring_in(self) -> None:
        plan = await plan_import(self.o, self.file, "f")
        _ = [outcome async for outcome in import_letters(self.o, self.file, plan)]

    async def bring_back(self) -> None:
        _ = [outcome async for outcome in undo(self.o, self.undo)]

    async def edit(self) -> None:
        await edit(self.o, self.draft, self.draft.text.replace("production", "x"))


ATTEMPTS: Mapping[ActionName, Callable[[Prepared], Awaitable[object]]] = {
    "replay": lambda p: p.plan("replay"),
    "purge": lambda p: p.plan("purge"),
    "purge_hard": lambda p: p.plan("purge_hard"),
    "edit": lambda p: p.edit(),
    "undo": lambda p: p.bring_back(),
    "import": lambda p: p.bring_in(),
    "note": lambda p: write_note(p.o, "c0ffee11", "x"),
    "pause": lambda p: pause_for(p.o, 60),
    "resume": lambda p: resume(p.o),
    "stuck_to_dlq": lambda p: p.recover("dlq"),
    "stuck_to_work": lambda p: p.recover("work"),
    "resolve_unknown": lambda p: p.settle(),
}


def test_every_operation_that_writes_is_tried() -> None:
    assert set(ATTEMPTS) == {action.name for action in WRITES}


@pytest.fixture
async def prepared(nats_server: NatsServer) -> AsyncIterator[tuple[Prepared, Heard]]:
    async with queue(nats_server) as q, queue(nats_server, None) as listening:
        o = operated(q)
        kept = await q.bury_many(3)
        await carried_out(o, "purge", kept[:1])
        line = b'{"generation":"7","sequence":1,"body":"x"}\n'
        made = Prepared(
            operated(q, read_only=True),
            await draft_of(o, kept[1]),
            await plan_undo(o),
            io.BytesIO(line),
        )
        async with hearing(listening) as heard:
            yield made, heard


@pytest.mark.parametrize("action", [action.name for action in WRITES])
async def test_no_operation_writes(prepared: tuple[Prepared, Heard], action: ActionName) -> None:
    made, heard = prepared
    with pytest.raises(ReadOnlyError, match="read-only"):
        await ATTEMPTS[action](made)
    await made.o.connection.client.flush()
    assert heard.writes == []


async def test_what_reads_goes_on(prepared: tuple[Prepared, Heard]) -> None:
    made, heard = prepared
    await ask_status(made.o.api, NAMES, made.o.clock)
    assert len([entry async for entry in read_audit(made.o)]) == 1
    assert await read_notes(made.o) == {}
    assert (await plan_undo(made.o)).count == 1
    await made.o.connection.client.flush()
    assert heard.reads > 0
    assert heard.writes == []


async def test_below_the_operations_nothing_is_written_either(
    prepared: tuple[Prepared, Heard],
) -> None:
    """The second lock: whoever forgets to ask is refused where the message would be sent."""
    made, heard = prepared
    author = Author("eve", "run")
    layout = await made.o.layout()
    with pytest.raises(ReadOnlyError, match="nothing is sent"):
        _ = [
            one
            async for one in Replayer(made.o.api, layout, author, clock=SystemClock()).run([2, 3])
        ]
    for attempt in (
        made.o.api.publish(NAMES.tasks, b"{}"),
        made.o.api.exchange(NAMES.tasks, b"{}", b""),
        made.o.api.request("STREAM.PURGE.PROVISIONING_DLQ"),
        made.o.api.request("STREAM.MSG.DELETE.PROVISIONING_DLQ", {"seq": 2}),
        made.o.api.request("CONSUMER.PAUSE.PROVISIONING.provisioning-worker", {}),
    ):
        with pytest.raises(ReadOnlyError, match="nothing is sent"):
            await attempt
    with pytest.raises(ReadOnlyError):
        made.o.api.post(NAMES.tasks, b"{}", b"")
    await made.o.connection.client.flush()
    assert heard.writes == []
    assert not issubclass(ReadOnlyError, JetStreamError)
