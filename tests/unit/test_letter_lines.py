from __future__ import annotations

import base64
import contextlib
import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farutech_console.operations.files.lines import (
    InvalidLineError,
    csv_row,
    from_line,
    to_line,
)


@dataclass(frozen=True)
class Letter:
    sequence: int
    headers: Mapping[str, str]
    body: bytes


names = st.text("!#$%&'*+-.^_`|~09azAZ", min_size=1, max_size=20)
values = st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"))
bodies = st.binary() | st.text(st.characters(codec="utf-8")).map(lambda text: text.encode())
letters = st.builds(Letter, st.integers(1, 2**63 - 1), st.dictionaries(names, values), bodies)


@given(letters, st.integers(0, 10**32 - 1).map(str))
def test_any_letter_is_read_as_it_was_written(letter: Letter, generation: str) -> None:
    line = to_line(letter, generation, {"stream": "X", "task_id": "t"})
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    read = from_line(line)
    assert (read.generation, read.sequence) == (generation, letter.sequence)
    assert (read.headers, read.body) == (letter.headers, letter.body)


def test_text_stays_text_and_the_rest_is_base64() -> None:
    text = json.loads(to_line(Letter(1, {}, '{"ñ": "\u2028"}'.encode()), "1", {}))
    assert text["body"] == '{"ñ": "\u2028"}'
    rest = json.loads(to_line(Letter(1, {}, b"\xff"), "1", {}))
    assert base64.b64decode(rest["body_base64"]) == b"\xff"


GOOD = {"generation": "1", "sequence": 1, "headers": {}, "body": "x"}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"generation": "x"}, "generation"),
        ({"generation": 1}, "generation"),
        ({"generation": "1" * 33}, "generation"),
        ({"sequence": 0}, "sequence"),
        ({"sequence": True}, "sequence"),
        ({"sequence": 2**63}, "sequence"),
        ({"sequence": 1.0}, "sequence"),
        ({"headers": []}, "headers"),
        ({"headers": {"a b": "x"}}, "no name of a header"),
        ({"headers": {"a": "x\r\nNats-Rollup: all"}}, "one line"),
        ({"headers": {"a": 1}}, "one line"),
        ({"headers": {"a": "\ud800"}}, "half of a character"),
        ({"body": None}, "one of"),
        ({"body": {"task": {}}}, "text of the message"),
        ({"body": "\ud800"}, "half of a character"),
        ({"body_base64": "eA=="}, "one of"),
        ({"body": None, "body_base64": "x"}, "base64"),
        ({"body": None, "body_base64": 7}, "base64"),
    ],
)
def test_garbage_is_refused_with_what_is_wrong(changes: dict[str, object], why: str) -> None:
    with pytest.raises(InvalidLineError, match=why):
        from_line(json.dumps(GOOD | changes).encode())


@given(st.binary())
def test_any_bytes_are_a_letter_or_refused(line: bytes) -> None:
    with contextlib.suppress(InvalidLineError):
        assert from_line(line).sequence > 0


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "  =cmd|' /C calc'!A0",
        "\uff1d1",
        "\ufeff=1",
        "|calc",
    ],
)
def test_no_cell_is_a_formula(text: str) -> None:
    (cell,) = next(csv.reader(io.StringIO(csv_row([text]).decode())))
    assert cell.startswith("'")


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_any_row_is_one_row(cells: list[str]) -> None:
    rows = list(csv.reader(io.StringIO(csv_row(cells).decode(), newline="")))
    assert [len(row) for row in rows] == [len(cells)]
    assert not any(char in cell for cell in rows[0] for char in "\x00\x1b\r\n\t")


def test_numbers_stay_numbers() -> None:
    assert csv_row([-1, 0, None, "a"]) == b"-1,0,,a\r\n"
