"""Which function handles which task type."""

from __future__ import annotations

import importlib
import inspect
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from worker.handlers.context import TaskContext
from worker.model.task import Task

Handler = Callable[[Task, TaskContext], Awaitable[None] | None]
H = TypeVar("H", bound=Handler)

_MARK = "__farutech_task_types__"


class HandlerSetupError(Exception):
    """The handlers cannot be used; the text says which and why."""


def handler(*task_types: str) -> Callable[[H], H]:
    """Mark a function as the handler of tasks of these types.

    An `async def` runs on the event loop; a plain `def` runs in a thread of its own. Returning
    means that the task is done; see `worker.handlers.errors` for what may be raised.
    """
    if not task_types or not all(isinstance(name, str) and name for name in task_types):
        raise HandlerSetupError('name the task types: @handler("provision")')

    def mark(function: H) -> H:
        setattr(function, _MARK, task_types)
        return function

    return mark


@dataclass(frozen=True, slots=True)
class Registered:
    """A handler, and whether it blocks and so runs in a thread."""

    function: Handler
    blocks: bool


class Registry:
    """The handlers by task type. `any_other` takes the types that have none of their own."""

    def __init__(self, handlers: Mapping[str, Handler], any_other: Handler | None = None) -> None:
        self._handlers = {
            task_type: Registered(function, blocks=not _is_async(function))
            for task_type, function in handlers.items()
        }
        self._any_other = (
            None if any_other is None else Registered(any_other, blocks=not _is_async(any_other))
        )

    @property
    def task_types(self) -> tuple[str, ...]:
        """The types that have a handler of their own, in order."""
        return tuple(sorted(self._handlers))

    def find(self, task_type: str) -> Registered | None:
        """Return the handler of a task type, or None where nobody handles it."""
        return self._handlers.get(task_type, self._any_other)


def registry_of(modules: Iterable[str]) -> Registry:
    """Import the modules and return the handlers that they define or import.

    The working directory is looked into last, so that nothing there hides another module.

    Raises:
        HandlerSetupError: a module is missing, has no handler, or two handle the same type.
    """
    found: dict[str, Handler] = {}
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)
    for name in modules:
        for task_type, function in _marked(_imported(name)):
            _check_callable(function)
            if (first := found.setdefault(task_type, function)) is not function:
                both = f"{_name_of(first)} and {_name_of(function)}"
                raise HandlerSetupError(f"two handlers for task type {task_type!r}: {both}")
    return Registry(found)


def _check_callable(function: Handler) -> None:
    """Refuse what could not be called, or would be called and do nothing."""
    inner = inspect.unwrap(function)
    if inspect.isgeneratorfunction(inner) or inspect.isasyncgenfunction(inner):
        raise HandlerSetupError(
            f"{_name_of(function)} has a yield, so that calling it would run nothing"
        )
    try:
        inspect.signature(function, follow_wrapped=False).bind(None, None)
    except TypeError as error:
        raise HandlerSetupError(
            f"{_name_of(function)} is to be called with (task, context): {error}"
        ) from error
    except ValueError:
        return  # it does not say what it takes


def _name_of(function: Handler) -> str:
    module = getattr(function, "__module__", "")
    name = getattr(function, "__qualname__", None) or repr(function)
    return f"{module}.{name}" if module else name


def _is_async(function: Handler) -> bool:
    """Also for an object whose `__call__` is an `async def`."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - not whether, but how it is called
    )


def _imported(name: str) -> ModuleType:
    if name.endswith(".py") or not all(part.isidentifier() for part in name.split(".")):
        raise HandlerSetupError(
            f"{name!r} is no module's name: acme/handlers.py, say, is acme.handlers"
        )
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(error.name + ".")):
            raise HandlerSetupError(f"{name} cannot be loaded: {_in_words(error)}") from error
        raise HandlerSetupError(
            f"there is no module {name} here, nor on PYTHONPATH ({Path.cwd()})"
        ) from error
    # It is the user's code: whatever it raises, they shall read what and where.
    except (Exception, SystemExit) as error:
        raise HandlerSetupError(f"{name} cannot be loaded: {_in_words(error)}") from error


def _in_words(error: BaseException) -> str:
    words = f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    # What stands in a module was being imported; what it called may be anybody's.
    lines = [frame for frame in frames if frame.name == "<module>"]
    if isinstance(error, SyntaxError) or not lines:
        return words
    return f"{words} ({Path(lines[-1].filename).name}, line {lines[-1].lineno})"


def _marked(module: ModuleType) -> list[tuple[str, Handler]]:
    marked = [
        (task_type, value)
        for value in vars(module).values()
        if callable(value)
        for task_type in getattr(value, _MARK, ())
    ]
    if not marked:
        raise HandlerSetupError(f'{module.__name__} has no handler: mark one with @handler("type")')
    return marked
