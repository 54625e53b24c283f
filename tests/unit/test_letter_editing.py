"""What the editor of the console shows: text that can be typed in, and what was changed."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farutech_console.operations.changes.edit import pretty
from farutech_console.operations.files.export_file import FileError, FileThereError, whole_file
from farutech_console.operations.filter.evaluate import predicate
from farutech_console.operations.filter.parser import parse_filter
from farutech_console.tui.dlq.editing import difference_lines, typeable
from farutech_console.tui.dlq.selection import Selection
from tests.console.fixed_letters import some_letters
from tests.console.moment import NOW
from worker.model.text import literal


@given(st.dictionaries(st.text(), st.text()))
def test_json_that_can_be_typed_says_the_same_and_hides_nothing(value: dict[str, str]) -> None:
    text = typeable(pretty(json.dumps(value).encode()))
    assert json.loads(text) == value
    assert all(literal(line) == line for line in text.split("\n"))


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_the_difference_tells_each_line_that_went_or_came(old: list[str], new: list[str]) -> None:
    shown = [
        "".join(span.text for span in line)
        for line in difference_lines(*map("\n".join, (old, new)))
    ]
    gone = [one for one in shown if one.startswith("-")]
    came = [one for one in shown if one.startswith("+")]
    assert len(old) - len(gone) == len(new) - len(came)
    assert bool(shown) == (old != new)


def test_the_difference_of_a_long_text_is_found_at_once() -> None:
    old = [f'"line {number}"' for number in range(50_000)]
    new = [*old[:30_000], "changed", *old[30_001:]]
    shown = difference_lines("\n".join(old), "\n".join(new))
    assert len(shown) == 6


@pytest.mark.parametrize("wanted", ["", "tenant:acme-corp-2", "type:migrate or error:~timeout"])
def test_the_filter_of_the_marked_finds_them_and_no_others(wanted: str) -> None:
    letters = some_letters(12)
    ask = parse_filter(wanted)
    newest = letters[2].sequence
    selections = [
        Selection(chosen=frozenset({letters[1].sequence, letters[5].sequence})),
        Selection(up_to=newest),
        Selection(up_to=newest, spared=frozenset({letters[4].sequence})),
        Selection(up_to=newest, chosen=frozenset({letters[0].sequence})),
    ]
    like = predicate(ask, NOW)
    for selection in selections:
        found = predicate(selection.among(ask), NOW)
        for letter in letters:
            named = letter.sequence in selection.chosen
            marked = letter.sequence in selection and (named or like(letter))
            assert found(letter) == marked


def test_a_file_is_there_only_once_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "letters.jsonl"
    with pytest.raises(ZeroDivisionError), whole_file(target, replace=False) as file:
        file.write(b"half" * (1 // 0))
    assert not list(tmp_path.iterdir())
    with whole_file(target, replace=False) as file:
        file.write(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    assert target.stat().st_mode & 0o077 == 0


def test_a_file_that_is_there_or_came_meanwhile_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "letters.jsonl"
    with pytest.raises(FileThereError), whole_file(target, replace=False):
        target.write_text("precious")
    with pytest.raises(FileThereError), whole_file(target, replace=False):
        raise AssertionError("it was opened")
    assert [one.read_text() for one in tmp_path.iterdir()] == ["precious"]
    with pytest.raises(FileError, match="is a directory"), whole_file(tmp_path, replace=True):
        raise AssertionError("it was opened")


def test_what_is_no_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe, link, target = tmp_path / "pipe", tmp_path / "link", tmp_path / "letters.jsonl"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with whole_file(pipe, replace=True) as file:
        file.write(b"letters")
    assert os.read(reader, 100) == b"letters"
    os.close(reader)
    assert pipe.is_fifo()
    link.symlink_to(target)
    for text in (b"first", b"second"):
        with whole_file(link, replace=True) as file:
            file.write(text)
    assert link.is_symlink()
    assert target.read_bytes() == b"second"


def test_a_full_disk_is_told_in_words(tmp_path: Path) -> None:
    target = tmp_path / "letters.jsonl"
    with (
        pytest.raises(FileError, match=r"letters\.jsonl cannot be written: No space left"),
        whole_file(target, replace=True),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert not list(tmp_path.iterdir())
