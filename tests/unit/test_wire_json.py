"""JSON is read quickly where it is plain, closely where it is not, and never differently."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from worker.model import wire_json
from worker.model.wire_json import MAX_DEPTH, MAX_DIGITS, InvalidJsonError, dumps, loads

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**320), 10**320)
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud800", "a:b", '"', "\\", "\u2028", "é", "😀"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


def closely(data: bytes) -> object:
    """What a closer look at `data` says, the words of its refusal included."""
    try:
        value = wire_json._read_closely(data)
    except InvalidJsonError as error:
        return str(error)
    return typed(value)


def quickly(data: bytes) -> object:
    try:
        return typed(loads(data))
    except InvalidJsonError as error:
        return str(error)


def typed(value: object) -> str:
    """A text in which `1`, `1.0`, `True`, `0.0` and `-0.0` differ, and so does the keys' order."""
    return repr(value)


@given(VALUES, st.booleans(), st.booleans())
def test_a_value_is_read_as_by_a_closer_look(value: object, escaped: bool, compact: bool) -> None:
    separators = (",", ":") if compact else None
    text = json.dumps(value, ensure_ascii=escaped, separators=separators)
    data = text.encode("utf-8", "surrogatepass")
    assert quickly(data) == closely(data)


@given(VALUES, st.integers(), st.integers(1, 3))
@example({"a": 1}, 1, 1)
def test_what_is_no_json_is_refused_as_by_a_closer_look(
    value: object, seed: int, changes: int
) -> None:
    chance = random.Random(seed)
    data = bytearray(json.dumps(value).encode())
    for _ in range(changes):
        at = chance.randrange(len(data) + 1)
        data[at : at + chance.randrange(3)] = chance.choice(
            [
                b"",
                b"0",
                b"-",
                b".",
                b"e9",
                b'"',
                b"\\",
                b":",
                b",",
                b"}",
                b"\xff",
                b" ",
                b"{",
                b'"a":1,',
            ]
        )
    assert quickly(bytes(data)) == closely(bytes(data))


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2}',
        '{"a":{"b":1,"b":1}}',
        '{"a":1,"\\u0061":2}',
        '[{"a" :1,"a":"\\u003a"}]',
        '{"a":1,"a":1,"":":"}',
    ],
)
def test_a_key_given_twice_is_never_passed_over(text: str) -> None:
    with pytest.raises(InvalidJsonError, match="given twice"):
        loads(text.encode())


@pytest.mark.parametrize(
    "text", ["-0", "-0.0", "1.0", "1e5", "1E400", "0.1", "1" * 308, "1" * 309, "01", "1.", "-"]
)
@pytest.mark.parametrize("around", ["{}", "[{}]", '{{"a":{}}}', '{{"a":{},"b":"1234567890"}}'])
def test_numbers_are_read_as_by_a_closer_look(text: str, around: str) -> None:
    data = around.format(text).encode()
    assert quickly(data) == closely(data)


def test_the_longest_number_and_the_deepest_nesting_are_allowed_and_no_more() -> None:
    assert loads(b"9" * MAX_DIGITS) == int("9" * MAX_DIGITS)
    with pytest.raises(InvalidJsonError, match="309 digits"):
        loads(b'{"n":%s,"note":"%s"}' % (b"9" * (MAX_DIGITS + 1), b"x" * 1000))
    deep = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert dumps(loads(deep)) == deep
    with pytest.raises(InvalidJsonError, match="nested deeper"):
        loads(b"[" + deep + b"]")
    assert loads(b'{"a":"' + b"[" * 1000 + b'"}') == {"a": "[" * 1000}
