"""What an operator sees of a dead letter whose message lies in the object store."""

from __future__ import annotations

import pytest

from farutech_console.operations.letters.one_letter import read_letter
from farutech_console.tui.dlq.detail import body_parts
from tests.support.commands import console
from tests.support.nats_server import NatsServer
from tests.support.operating import operated
from tests.support.queues import NAMES, Queue, queue
from worker.jetstream.dead_letters.bodies import Bodies
from worker.model.dead_letter import DeadLetter, StoredDeadLetter
from worker.model.raw_object import RawObject
from worker.model.task import Task

BODY = b'{"task_id":"task-1","task_type":"provision","payload":{"plan":"[gold]"}}'
PLACE = RawObject.of("dead-1-1", BODY)


async def bury(where: Queue) -> int:
    letter = DeadLetter(task=Task(task_id="task-1"), error="no", reason="permanent")
    await Bodies(where.api, NAMES).put(PLACE, BODY)
    return await where.bury(letter.outside(PLACE).to_wire())


def text_of(stored: StoredDeadLetter) -> str:
    lines = [part.spans for part in body_parts(stored)]
    return "\n".join("".join(span.text for span in line) for line in lines)


@pytest.mark.parametrize("read_only", [False, True])
async def test_the_message_is_read_from_the_object_store(
    nats_server: NatsServer, read_only: bool
) -> None:
    async with queue(nats_server) as where:
        sequence = await bury(where)
        stored = await read_letter(operated(where, read_only=read_only), sequence)
        assert stored is not None
        assert stored.letter is not None
        assert stored.letter.raw_bytes() == BODY
        assert stored.task.payload == {"plan": "[gold]"}
        assert "in the object store" in text_of(stored)
        assert '"plan": "[gold]"' in text_of(stored)


async def test_and_where_it_is_lost_that_is_said(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where:
        sequence = await bury(where)
        await Bodies(where.api, NAMES).remove("dead-1-1")
        stored = await read_letter(operated(where), sequence)
        assert stored is not None
        assert stored.task.task_id == "task-1"
        assert "dead-1-1 is not in PROVISIONING_BODIES any more" in text_of(stored)
        said = await console("dlq", "show", str(sequence), server=nats_server)
        assert said.code == 0, said.err
        assert "is not in PROVISIONING_BODIES any more" in said.out


async def test_the_command_shows_it(nats_server: NatsServer) -> None:
    async with queue(nats_server) as where:
        sequence = await bury(where)
        said = await console("dlq", "show", str(sequence), server=nats_server)
        assert said.code == 0, said.err
        assert f"{len(BODY)} bytes, in the object store as dead-1-1" in said.out
        assert "[gold]" in said.out
        (record,) = (
            await console("dlq", "show", str(sequence), "--json", server=nats_server)
        ).lines
        assert record["letter"]["raw_object"] == PLACE.model_dump(exclude_none=True)
        assert record["letter"]["task"]["payload"] == {"plan": "[gold]"}
