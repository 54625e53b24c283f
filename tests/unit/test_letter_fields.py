"""The quick reading of a dead letter says what the strict models say, whatever the bytes are."""

from __future__ import annotations

import json

from hypothesis import example, given, settings

from tests.support.letters import BODIES, stored
from tests.support.queues import letter, task
from worker.model.letter_fields import LetterFields, _certain, read_fields


def strictly(body: bytes) -> LetterFields:
    read = stored(body)
    return LetterFields(
        value=read.value,
        task_id=read.task_id,
        tenant_id=read.tenant_id,
        task_type=read.task_type,
        module_id=read.module_id,
        payload=read.payload,
        error=read.error,
        error_type=read.error_type,
        reason=read.reason,
        worker_id=read.worker_id,
        attempts=read.attempts,
        replays=read.letter.replays if read.letter else 0,
        dlq_timestamp=read.letter.dlq_timestamp if read.letter else "",
    )


def encoded(**changes: object) -> bytes:
    return json.dumps(letter(0, **changes), separators=(",", ":")).encode()


@settings(max_examples=200)
@given(BODIES)
@example(encoded(final_attempt="5"))
@example(encoded(final_attempt=True))
@example(encoded(reason="other"))
@example(encoded(source={"sequence": "x"}))
@example(encoded(task=task(TenantId="two spellings")))
@example(encoded(task=task(attempt=2**31)))
@example(encoded(task=None))
@example(encoded(error=None))
@example(b'{"task":{},"replays":1,"replays":2}')
@example(b'{"task":{"payload":{"x":1e999}}}')
def test_says_what_the_models_say(body: bytes) -> None:
    assert repr(read_fields(body)) == repr(strictly(body))


def test_an_ordinary_letter_takes_the_short_way() -> None:
    assert _certain(encoded(reason="stuck", replays=2, error_type="X")) is not None
