"""Modules with handlers: what is found in them, and what is said of those that cannot be used."""

from __future__ import annotations

import io
import re
import sys
import types
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from worker.handlers.context import TaskContext
from worker.handlers.registry import HandlerSetupError, handler, registry_of
from worker.model.task import Task
from worker.runtime.choice import chosen_handlers
from worker.settings import WorkerSettings
from worker.telemetry.logging import logger

BARE = "from worker.handlers.registry import handler\n@handler"
MARK = f"{BARE}('provision')"


def one_that_does_nothing() -> Callable[[Task, TaskContext], None]:
    def nothing(_task: Task, _context: TaskContext) -> None: ...

    return nothing


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    made = types.ModuleType("their_handlers")
    monkeypatch.setitem(sys.modules, "their_handlers", made)
    return made


def test_handlers_are_found_in_modules(module: types.ModuleType) -> None:
    @handler("provision", "update")
    async def both(_task: Task, _context: TaskContext) -> None: ...

    @handler("deprovision")
    def one(_task: Task, _context: TaskContext) -> None: ...

    module.__dict__.update(both=both, one=one, other=len)
    registry = registry_of(["their_handlers"])
    assert registry.task_types == ("deprovision", "provision", "update")
    found = registry.find("update")
    assert found is not None
    assert (found.function, found.blocks) == (both, False)
    assert registry.find("migrate") is None


def test_two_handlers_for_one_type_are_refused(module: types.ModuleType) -> None:
    for name in ("first", "second"):
        module.__dict__[name] = function = handler("provision")(one_that_does_nothing())
        function.__qualname__ = name
    said = f"two handlers for task type 'provision': {__name__}.first and {__name__}.second"
    with pytest.raises(HandlerSetupError, match=re.escape(said)):
        registry_of(["their_handlers"])


def test_a_module_without_handlers_is_refused(module: types.ModuleType) -> None:
    with pytest.raises(HandlerSetupError, match="their_handlers has no handler"):
        registry_of([module.__name__])


def test_a_missing_module_is_named() -> None:
    with pytest.raises(HandlerSetupError, match="no module no_such_module"):
        registry_of(["no_such_module"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", "poor has no handler"),
        ("import no_such_thing", "poor cannot be loaded: ModuleNotFoundError: No module named"),
        ("def broken(:", "poor cannot be loaded: SyntaxError: invalid syntax"),
        ("raise SystemExit(0)", "poor cannot be loaded: SystemExit: 0 (poor.py, line 1)"),
        ("\n{}['key']", "poor cannot be loaded: KeyError: 'key' (poor.py, line 2)"),
        ("import os\nos.environ['NO']", "poor cannot be loaded: KeyError: 'NO' (poor.py, line 2)"),
        (
            f"{MARK}\nasync def f(task): ...",
            "poor.f is to be called with (task, context): too many",
        ),
        (f"{MARK}\nclass F: ...", "poor.F is to be called with (task, context): too many"),
        (f"{MARK}\ndef f(task, context): yield", "poor.f has a yield, so that calling it would"),
        (f"{MARK}\nasync def f(task, context): yield", "poor.f has a yield"),
        (f"{BARE}\ndef f(task, context): ...", 'name the task types: @handler("provision") (poor'),
    ],
)
def test_a_module_that_cannot_be_loaded_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    (tmp_path / "poor.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    sys.modules.pop("poor", None)
    with pytest.raises(HandlerSetupError) as refused:
        registry_of(["poor"])
    assert said in str(refused.value)


@pytest.mark.parametrize("name", ["site/handlers.py", "handlers.py", "./handlers", ".handlers"])
def test_a_file_is_no_module(name: str) -> None:
    with pytest.raises(HandlerSetupError, match="is no module's name"):
        registry_of([name])


@pytest.mark.parametrize("task_types", [(), ("",), (7,)])
def test_a_handler_names_its_types(task_types: tuple[str, ...]) -> None:
    with pytest.raises(HandlerSetupError):
        handler(*task_types)


def test_the_mark_is_all_that_the_decorator_leaves() -> None:
    plain = one_that_does_nothing()
    assert handler("provision")(plain) is plain


@pytest.mark.parametrize(
    ("handlers", "handler_named", "is_told"),
    [("", "", True), (" ,", "", True), ("", "simulate", False)],
)
async def test_who_gives_no_handlers_is_told_that_nothing_is_done(
    handlers: str, handler_named: str, *, is_told: bool
) -> None:
    out = io.StringIO()
    settings = WorkerSettings(handlers=handlers, handler=handler_named)
    async with chosen_handlers(settings, Random(), logger("info", "json", out)) as registry:
        assert registry.task_types == ("deprovision", "provision", "update")
    assert ("worker.simulates" in out.getvalue()) == is_told
