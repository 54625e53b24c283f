"""Edit and replay one letter: once, checked, and the original kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import pytest

from farutech_console.operations.audit.log import read_audit
from farutech_console.operations.changes.edit import (
    InvalidEditError,
    NotEditableError,
    draft_of,
    edit,
    pretty,
    read_edited,
)
from farutech_console.operations.changes.undo import plan_undo
from farutech_console.operations.errors import OperationError, StalePlanError
from tests.live.test_archive import carried_out, letters
from tests.support.nats_server import NatsServer
from tests.support.operating import OPERATOR, operated
from tests.support.queues import NAMES, LayoutKind, letter, queue, task
from worker.jetstream.messages import next_message
from worker.model.dead_letter import encode_raw

LAYOUTS: Sequence[LayoutKind] = ("fresh", "go")


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_the_edited_task_goes_and_the_original_is_kept(
    server_versions: NatsServer, kind: LayoutKind
) -> None:
    async with queue(server_versions, kind) as q:
        o = operated(q)
        wrong = task(1, payload={"plan": "gold ñ"}, x_unknown=[1.0, {"a": None}])
        sequence = await q.bury(letter(1, task=wrong), {"X-Trace": "t"})
        draft = await draft_of(o, sequence)
        assert '"plan": "gold ñ"' in draft.text
        outcome = await edit(o, draft, draft.text.replace("gold", "silver"), "wrong plan")
        assert (outcome.outcome, outcome.task_id) == ("replayed", "task-1")
        ((headers, body),) = await q.raw_tasks()
        sent = json.loads(body)
        assert sent == wrong | {"payload": {"plan": "silver ñ"}, "attempt": 1}
        assert (headers["X-Trace"], headers["Farutech-Edited-By"]) == ("t", OPERATOR)
        assert headers["Farutech-Replay-Count"] == "1"
        assert await letters(q) == []
        (entry,) = [entry async for entry in read_audit(o)]
        assert (entry.action, entry.why, entry.outcomes) == ("edit", "wrong plan", {"replayed": 1})
        copy = await next_message(q.api, "PROVISIONING_ARCHIVE", NAMES.archive("*"), 1)
        assert copy is not None
        assert copy.body == draft.letter.body
        assert copy.headers["Farutech-Archive-Id"] == entry.id


async def test_what_was_never_a_task_can_be_mended(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        o = operated(q)
        raw = encode_raw(b'{"task_id": "t-1", "task_type": provision}')
        sequence = await q.bury(letter(0, task={}, raw=raw, reason="invalid"))
        draft = await draft_of(o, sequence)
        assert draft.text == '{"task_id": "t-1", "task_type": provision}'
        await edit(o, draft, draft.text.replace("provision", '"provision"'))
        ((_, body),) = await q.raw_tasks()
        assert json.loads(body)["task_id"] == "t-1"


async def test_two_who_edit_the_same_letter_send_one_task(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q, queue(nats_server, None) as r:
        anna, ben = operated(q), operated(r, operator="ben@desk")
        (sequence,) = await q.bury_many(1)
        drafts = [await draft_of(o, sequence) for o in (anna, ben)]
        told = await asyncio.gather(
            *(
                edit(o, draft, draft.text.replace("production", name))
                for o, draft, name in zip((anna, ben), drafts, ("red", "blue"), strict=True)
            ),
            return_exceptions=True,
        )
        done = [one for one in told if not isinstance(one, BaseException)]
        assert [one.outcome for one in done].count("replayed") == 1
        assert len(await q.tasks()) == 1
        with pytest.raises(StalePlanError, match="is gone"):
            await edit(anna, drafts[0], drafts[0].text.replace("production", "x"))


async def test_an_edited_letter_is_in_no_undo(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        o = operated(q)
        first, second = await q.bury_many(2)
        draft = await draft_of(o, first)
        await edit(o, draft, draft.text.replace("production", "x"))
        await carried_out(o, "purge", [second])
        assert (await plan_undo(o)).sequences == (second,)


@pytest.mark.parametrize(
    ("body", "why"),
    [(None, "there is no dead letter"), (b"\xff", "has no task"), (b"{}", "has no task")],
)
async def test_what_cannot_be_edited_is_told(
    nats_server: NatsServer, body: bytes | None, why: str
) -> None:
    async with queue(nats_server) as q:
        sequence = 1 if body is None else await q.bury(body)
        with pytest.raises(NotEditableError, match=why):
            await draft_of(operated(q), sequence)


@pytest.mark.parametrize(
    ("text", "why", "line"),
    [
        ('{\n "task_id": "a",\n "task_type": }', "not JSON", 3),
        ('{\n "task_id": "a",\n "task_type": "t",\n "payload": 7}', "payload", 4),
        ('{\n "taskId": 7,\n "task_type": "t"}', "task_id", 2),
        ('{"task_id": "a"}', "task_type is missing", 0),
        ("[]", "a list", 0),
        ('{"task_id": "a", "task_type": "\ud800"}', "half of a character", 1),
        ("", "not JSON", 1),
    ],
)
def test_what_is_no_task_is_refused_with_its_line(text: str, why: str, line: int) -> None:
    with pytest.raises(InvalidEditError, match=why) as refused:
        read_edited(text)
    assert refused.value.line == line
    assert isinstance(refused.value, OperationError)


def test_an_unchanged_task_stays_what_it_was() -> None:
    text = '{"task_id": "a", "task_type": "t", "n": 12345678901234567890, "x": "\\ud800"}'
    assert read_edited(pretty(text.encode())) == read_edited(text)
