"""The task codec: three spellings in, one out, nothing lost, and words for what is no task."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel, to_pascal

from tests.support.queues import SAMPLES
from worker.model.clock import ZERO_TIME
from worker.model.task import (
    InvalidTaskError,
    Task,
    _read_at_once,
    _read_closely,
    encode_task,
    parse_task,
)
from worker.model.wire_json import MAX_DEPTH

GO = (SAMPLES / "go-task.json").read_bytes().strip()
DOTNET = (SAMPLES / "dotnet-task.json").read_bytes().strip()
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**300), 10**300)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
KNOWN = {
    "task_id": "t-1",
    "tenant_id": "acme",
    "task_type": "provision",
    "module_id": "erp",
    "payload": {"plan": "gold"},
    "attempt": 2,
    "max_retries": 5,
    "created_at": "2026-11-23T17:00:00.1234567Z",
}
UNKNOWN_KEYS = st.text().filter(
    lambda key: key not in {f(name) for name in KNOWN for f in (str, to_camel, to_pascal)}
)


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def test_gos_task_comes_out_as_it_went_in() -> None:
    assert encode_task(parse_task(GO)) == GO


@given(
    st.fixed_dictionaries(
        {"task_id": st.text() | JSON, "payload": st.none() | st.dictionaries(st.text(), JSON)},
        optional={"attempt": JSON, "max_retries": JSON, "created_at": st.text(), "more": JSON},
    ),
    st.booleans(),
)
def test_a_task_read_at_once_is_the_one_read_closely(
    changes: Mapping[str, Any], is_ascii: bool
) -> None:
    body = json.dumps({**KNOWN, **changes}, separators=(",", ":"), ensure_ascii=is_ascii)
    with contextlib.suppress(UnicodeEncodeError):
        data = body.encode()
        quick = _read_at_once(data)
        if quick is not None:
            closely = _read_closely(data)
            assert (quick, quick.model_fields_set) == (closely, closely.model_fields_set)


def test_gos_way_of_writing_is_the_one_read_at_once() -> None:
    assert _read_at_once(json.dumps(KNOWN, separators=(",", ":")).encode()) is not None


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('"attempt":2', '"attempt":2,"attempt":3'),
        ('"plan":"gold"', '"plan":"gold","plan":"silver"'),
        ('"plan":"gold"', '"plan":NaN'),
        ('"plan":"gold"', '"plan":-Infinity'),
        ('"plan":"gold"', '"plan":1e999'),
        ('"plan":"gold"', '"plan":' + "9" * 400),
        ('"plan":"gold"', '"plan":' + "[" * MAX_DEPTH + "]" * MAX_DEPTH),
        ('"attempt":2', '"attempt":2.0'),
        ('"attempt":2', '"attempt":true'),
        ('"attempt":2', '"attempt":"2"'),
        ('"task_id":"t-1"', '"task_id":"t-1","taskId":"t-2"'),
        ('"task_id":"t-1"', '"taskId":"t-1"'),
    ],
)
def test_what_is_not_plain_is_not_read_at_once(was: str, becomes: str) -> None:
    plain = json.dumps(KNOWN, separators=(",", ":"))
    assert was in plain
    assert _read_at_once(plain.replace(was, becomes).encode()) is None


def test_dotnets_task_is_read_and_written_in_snake_case() -> None:
    task = parse_task(DOTNET)
    assert (task.task_id, task.task_type) == ("6f9d0c8e-5b0f-4b55-9a4f-2f3a8f6a1c11", "provision")
    assert task.created_at == "2026-11-23T17:00:00.1234567Z"
    assert task.payload is not None
    assert task.payload["subscription_plan_name"] == "Básico"
    written = json.loads(encode_task(task))
    assert set(written) == set(KNOWN)
    assert parse_task(encode_task(task)) == task


@pytest.mark.parametrize("spelling", [str, to_camel, to_pascal])
def test_each_spelling_means_the_same(spelling: Callable[[str], str]) -> None:
    assert parse_task(
        encoded({spelling(key): value for key, value in KNOWN.items()})
    ) == parse_task(encoded(KNOWN))


@given(st.dictionaries(UNKNOWN_KEYS, JSON, max_size=4))
def test_unknown_keys_survive(extra: Mapping[str, Any]) -> None:
    task = parse_task(encoded({**KNOWN, **extra}))
    assert parse_task(encode_task(task)).to_wire() == {**KNOWN, **extra}


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_any_payload_survives(payload: Mapping[str, Any]) -> None:
    task = parse_task(encoded({**KNOWN, "payload": payload}))
    assert parse_task(encode_task(task)).payload == payload


def test_a_lone_surrogate_goes_out_as_it_came() -> None:
    body = b'{"task_id":"t","task_type":"x","note":"\\ud83d"}'
    assert b'"note":"\\ud83d"' in encode_task(parse_task(body))


def test_zero_time_null_payload_and_missing_keys_are_fine() -> None:
    task = parse_task(b'{"task_id":"t","task_type":"x","payload":null,"created_at":"%s"}' % ZERO)
    assert (task.payload, task.created_at, task.max_retries) == (None, ZERO_TIME, None)
    assert "max_retries" not in task.to_wire()
    assert (task.attempt, task.tenant_id) == (1, "")


ZERO = ZERO_TIME.encode()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"null", "this is null"),
        (b"[]", "this is a list"),
        (b'"task"', "this is a string"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b'{"task_id":"t","task_type":"x","a":"\xc3\x28"}', "not UTF-8"),
        (b'{"task_id":"t","task_type":"x","task_id":"u"}', "'task_id' is given twice"),
        (b'{"task_id":"t","TaskId":"u","task_type":"x"}', "task_id is given in two spellings"),
        (b'{"task_id":"t","task_type":"x","payload":{"a":1,"a":2}}', "'a' is given twice"),
        (b'{"task_id":7,"task_type":"x"}', "task_id: a string is wanted, this is the number 7"),
        (
            b'{"task_id":"t","task_type":"x","attempt":"1"}',
            "attempt: a whole number is wanted, this is a string",
        ),
        (b'{"task_id":"t","task_type":"x","attempt":true}', "attempt: "),
        (
            b'{"task_id":"t","task_type":"x","attempt":1.5}',
            "attempt: a whole number is wanted, this is the number 1.5",
        ),
        (
            b'{"task_id":"t","task_type":"x","max_retries":99999999999}',
            "max_retries: at most 2147483647 is wanted, this is the number 99999999999",
        ),
        (
            b'{"task_id":"t","task_type":"x","payload":[1]}',
            "payload: an object is wanted, this is a list",
        ),
        (b'{"task_id":"t","task_type":"x","n":NaN}', "NaN is not JSON"),
        (b'{"task_id":"t","task_type":"x","n":1e999}', "beyond float64"),
        (b'{"task_id":"t","task_type":"x","n":%s}' % (b"9" * 5000), "5000 digits"),
        (b'{"task_type":"x"}', "task_id is missing or empty"),
        (b'{"task_id":"t","task_type":""}', "task_type is missing or empty"),
        (b'{"a":' * 200_000, "nested deeper"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "nested deeper"),
    ],
)
def test_what_is_no_task_is_refused_in_words(body: bytes, said: str) -> None:
    with pytest.raises(InvalidTaskError) as refusal:
        parse_task(body)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail_otherwise(body: bytes) -> None:
    with contextlib.suppress(InvalidTaskError):
        parse_task(body)


@given(JSON)
def test_no_json_makes_it_fail_otherwise(value: object) -> None:
    with contextlib.suppress(InvalidTaskError):
        encode_task(parse_task(encoded(value)))


@given(st.dictionaries(st.sampled_from([*KNOWN, "TaskId", "taskType", "other"]), JSON))
def test_salvage_takes_what_it_can_read(value: Mapping[str, Any]) -> None:
    salvaged = Task.salvage(value)
    for name in ("tenant_id", "module_id"):
        found = value.get(name)
        readable = isinstance(found, str) and not any(
            "\ud800" <= char <= "\udfff" for char in found
        )
        assert getattr(salvaged, name) == (found if readable else "")
    assert Task.salvage([value]) == Task()
