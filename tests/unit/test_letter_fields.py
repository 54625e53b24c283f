"""The quick reading of a dead letter says what the strict models say, whatever the bytes are."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings

from tests.support.letters import BODIES, stored
from tests.support.queues import letter, task
from worker.jetstream.dead_letters.lean import LeanLetter
from worker.jetstream.messages import StoredMessage
from worker.model.dead_letter import DeadLetter, Source
from worker.model.letter_fields import _LETTER_TYPES, _SOURCE_TYPES, _TASK_TYPES, _certain
from worker.model.task import OTHER_SPELLINGS, Task

ATTRIBUTES = [
    *("task_id", "tenant_id", "task_type", "module_id", "payload", "error", "error_type"),
    *("reason", "worker_id", "attempts", "replays", "died_at", "value", "headers", "expires_at"),
]


def lean(body: bytes, headers: bytes = b"") -> LeanLetter:
    message = StoredMessage(7, "provisioning.dlq", "2026-11-24T02:41:07Z", headers, body)
    return LeanLetter(message, None)


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
    quick, strict = lean(body), stored(body)
    for name in ATTRIBUTES:
        assert repr(getattr(quick, name)) == repr(getattr(strict, name)), name
    assert quick.stored() == strict
    assert quick.replay_body() == strict.replay_body()


def test_what_a_replay_sends_has_all_that_the_task_had_and_attempts_anew() -> None:
    extra: dict[str, Any] = {
        "z": 1e16,
        "a": [0.1, -0.0, 12345678901234567890123, "\u2028é"],
        "surrogate": "\ud800",
    }
    body = encoded(task=task(attempt=4, max_retries=None, **extra))
    sent = lean(body).replay_body()
    assert sent is not None
    said = json.loads(sent)
    expected = {**task(**extra), "attempt": 1}
    del expected["max_retries"]
    assert said == expected
    assert list(said) == list(expected)


def test_counts_replays_by_the_headers_too() -> None:
    block = b"NATS/1.0\r\nFarutech-Replay-Count: 3\r\nNats-Stream: theirs\r\n\r\n"
    one = lean(encoded(replays=1), block)
    assert one.replays == one.stored().replays == 3
    assert one.headers == {"Farutech-Replay-Count": "3"}


def test_an_ordinary_letter_takes_the_short_way() -> None:
    assert _certain(encoded(reason="stuck", replays=2, error_type="X")) is not None


def test_the_types_of_all_that_the_models_read_are_known() -> None:
    assert set(_LETTER_TYPES) == set(DeadLetter.model_fields)
    assert set(_TASK_TYPES) == set(Task.model_fields) | OTHER_SPELLINGS
    assert set(_SOURCE_TYPES) == set(Source.model_fields)
