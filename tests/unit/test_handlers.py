"""Handlers: how they are called, and what becomes of what they raise."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import structlog
from structlog.typing import EventDict

from worker.handlers.call import RUNS_ON, Failed, call
from worker.handlers.context import TaskContext
from worker.handlers.errors import Permanent, RetryAfter
from worker.handlers.interrupts import Interrupts
from worker.handlers.registry import Handler, Registry
from worker.model.clock import SystemClock
from worker.model.retry import Failure
from worker.model.task import Task

TASK = Task(task_id="t-1", task_type="provision", tenant_id="acme")


def context(replays: int = 0) -> TaskContext:
    clock = SystemClock()
    return TaskContext(
        attempt=2,
        attempts_allowed=5,
        replays=replays,
        headers={},
        deadline=clock.monotonic() + 60,
        worker_id="w",
        clock=clock,
        labels=lambda: {"task_id": "t-1"},
        logger=structlog.get_logger(),
    )


async def called(function: Handler, within: float = 10.0) -> Failed | None:
    found = Registry({"provision": function}).find("provision")
    current = asyncio.current_task()
    assert found is not None
    assert current is not None
    return await call(found, TASK, context(), Interrupts(within), current)


def raising(error: BaseException) -> Callable[[Task, TaskContext], None]:
    def fail(_task: Task, _context: TaskContext) -> None:
        raise error

    return fail


async def test_an_async_function_runs_on_the_loop_and_a_plain_one_in_a_thread() -> None:
    threads = []

    async def on_loop(_task: Task, _context: TaskContext) -> None:
        threads.append(threading.current_thread())

    def in_thread(_task: Task, _context: TaskContext) -> None:
        threads.append(threading.current_thread())

    assert await called(on_loop) is None
    assert await called(in_thread) is None
    assert threads[0] is threading.main_thread()
    assert threads[1] is not threading.main_thread()


async def test_an_async_function_in_a_plain_wrapper_is_run() -> None:
    ran_on = []

    async def inner(_task: Task, _context: TaskContext) -> None:
        await asyncio.sleep(0)
        ran_on.append(threading.current_thread())
        raise OSError("refused")

    def wrapper(task: Task, context: TaskContext) -> Awaitable[None]:
        return inner(task, context)

    failed = await called(wrapper)
    assert failed is not None
    assert (failed.error, failed.thread) == ("refused", None)
    assert ran_on == [threading.main_thread()]


async def test_what_a_plain_function_returns_does_not_matter() -> None:
    def returning(_task: Task, _context: TaskContext) -> Any:
        return {"status": "failed"}

    assert await called(returning) is None


class Hostile(Exception):  # noqa: N818 - as users name theirs
    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize("in_thread", [False, True])
@pytest.mark.parametrize(
    ("error", "failure", "words", "kind"),
    [
        (OSError("refused"), Failure("transient"), "refused", "OSError"),
        (ValueError(), Failure("transient"), "ValueError", "ValueError"),
        (KeyError("plan"), Failure("transient"), "KeyError: 'plan'", "KeyError"),
        (Permanent("no plan"), Failure("permanent"), "no plan", "worker.handlers.errors.Permanent"),
        (
            RetryAfter(30),
            Failure("transient", 30),
            "asked to be tried again in 30 s",
            "worker.handlers.errors.RetryAfter",
        ),
        (SystemExit(3), Failure("transient"), "3", "SystemExit"),
        (TimeoutError("their own"), Failure("transient"), "their own", "TimeoutError"),
        (Hostile(), Failure("transient"), "Hostile", f"{__name__}.Hostile"),
    ],
)
async def test_what_a_handler_raises_becomes_a_failure(
    error: BaseException, failure: Failure, words: str, kind: str, *, in_thread: bool
) -> None:
    plain = raising(error)

    async def on_loop(task: Task, context: TaskContext) -> None:
        plain(task, context)

    failed = await called(plain if in_thread else on_loop)
    assert failed is not None
    assert (failed.failure, failed.error, failed.error_type) == (failure, words, kind)
    assert "raise error" in failed.traceback


@pytest.mark.parametrize(
    ("errors", "failure", "words"),
    [
        ([OSError("refused")], Failure("transient"), "refused"),
        ([OSError("refused"), KeyError("k")], Failure("transient"), "refused (one of 2 errors)"),
        ([OSError("x"), RetryAfter(9, "y")], Failure("transient", 9), "y (one of 2 errors)"),
        (
            [RetryAfter(9), ExceptionGroup("inner", [OSError("x"), Permanent("no plan")])],
            Failure("permanent"),
            "no plan (one of 3 errors)",
        ),
    ],
)
async def test_of_a_group_the_error_that_decides_is_told(
    errors: list[Exception], failure: Failure, words: str
) -> None:
    failed = await called(raising(ExceptionGroup("unhandled errors in a TaskGroup", errors)))
    assert failed is not None
    assert (failed.failure, failed.error) == (failure, words)
    assert all(type(error).__name__ in failed.traceback for error in errors)


@pytest.mark.parametrize("error", [StopIteration(), KeyboardInterrupt()])
async def test_what_would_stop_the_loop_is_a_failure_too(error: BaseException) -> None:
    failed = await called(raising(error))
    assert failed is not None
    assert type(error).__name__ in failed.error


async def test_the_time_limit_cancels_an_async_handler() -> None:
    cancelled = False

    async def forever(_task: Task, _context: TaskContext) -> None:
        nonlocal cancelled
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled = True
            raise

    failed = await called(forever, within=0.01)
    assert failed is not None
    assert (failed.error, cancelled) == ("took longer than the time limit of 0.01 s", True)


async def test_a_plain_handler_that_outlasts_its_time_is_left_behind() -> None:
    release = threading.Event()

    def stubborn(_task: Task, _context: TaskContext) -> None:
        release.wait(20)

    failed = await called(stubborn, within=0.01)
    assert failed is not None
    assert failed.error == "took longer than the time limit of 0.01 s" + RUNS_ON
    assert any(thread.name.startswith("handler-t-1") for thread in threading.enumerate())
    release.set()


async def test_a_handler_that_cancels_itself_has_failed() -> None:
    async def odd(_task: Task, _context: TaskContext) -> None:
        raise asyncio.CancelledError

    failed = await called(odd)
    assert failed is not None
    assert failed.error == "the handler cancelled itself"


async def test_cancelling_the_call_gets_out() -> None:
    async def forever(_task: Task, _context: TaskContext) -> None:
        await asyncio.Event().wait()

    running = asyncio.create_task(called(forever))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_retry_after_needs_a_number() -> None:
    with pytest.raises(ValueError, match="number of seconds"):
        RetryAfter(math.nan)


def test_the_context_binds_the_task_to_its_log() -> None:
    lines: list[EventDict] = []

    def keep(_logger: object, _method: str, event: EventDict) -> EventDict:
        lines.append(event)
        raise structlog.DropEvent

    log = structlog.wrap_logger(None, processors=[keep], wrapper_class=structlog.BoundLogger)
    bound = TaskContext(
        **{**{name: getattr(context(), name) for name in TaskContext.__slots__}, "logger": log}
    )
    bound.log.info("half way", percent=50)
    assert lines == [{"task_id": "t-1", "event": "half way", "percent": 50}]
    assert 59 < bound.remaining <= 60
