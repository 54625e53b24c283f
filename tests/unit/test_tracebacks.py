"""Tracebacks in dead letters say which code failed, and nothing of where it lies on the host."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from worker.handlers.tracebacks import shareable_traceback


def _break() -> NoReturn:
    raise OSError("down")


def _raised(code: str, filename: str) -> BaseException:
    try:
        exec(compile(code, filename, "exec"), {"json": json, "break_": _break})
    except BaseException as error:  # noqa: BLE001 - whatever the code raises
        return error
    raise AssertionError("it did not raise")


def test_files_are_named_as_they_are_imported() -> None:
    shown = shareable_traceback(_raised("json.loads('{')", "/srv/app/jobs.py"))
    assert 'File "tests/unit/test_tracebacks.py"' in shown
    assert 'File "json/decoder.py"' in shown
    assert "self.scan_once(s, idx)" in shown
    assert str(Path(__file__).parents[2]) not in shown
    assert sys.prefix not in shown
    assert sys.base_prefix not in shown


def test_a_file_outside_the_path_is_named_by_its_last_part() -> None:
    shown = shareable_traceback(_raised("break_()", "/srv/secret/jobs.py"))
    assert 'File "jobs.py", line 1' in shown
    assert "/srv" not in shown


@pytest.mark.parametrize(
    "code",
    [
        "try:\n break_()\nexcept OSError as e:\n raise ValueError('worse') from e",
        "try:\n break_()\nexcept OSError:\n raise ValueError('worse')",
        "try:\n break_()\nexcept OSError as e:\n raise ExceptionGroup('worse', [e])",
    ],
)
def test_so_are_those_of_causes_and_groups(code: str) -> None:
    shown = shareable_traceback(_raised(code, "/srv/secret/jobs.py"))
    assert 'raise OSError("down")' in shown
    assert "worse" in shown
    assert "/srv" not in shown


def test_a_syntax_error_does_not_tell_either() -> None:
    shown = shareable_traceback(_raised("exec(compile('a b', '/srv/x/y.py', 'exec'))", "z.py"))
    assert 'File "y.py", line 1' in shown
    assert "/srv" not in shown


def test_an_error_that_causes_itself_ends() -> None:
    error = _raised("break_()", "x.py")
    other = ValueError("other")
    error.__context__ = other
    other.__context__ = error
    assert "OSError: down" in shareable_traceback(error)
