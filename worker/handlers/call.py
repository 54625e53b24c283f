"""One call of a handler: its time limit, its thread, and whatever it raises turned into a value."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace

from worker.handlers.context import TaskContext
from worker.handlers.failed import Failed as Failed
from worker.handlers.failed import Thread, failed
from worker.handlers.interrupts import Interrupts
from worker.handlers.registry import Handler, Registered
from worker.model.task import Task

RUNS_ON = "; its thread, which cannot be stopped, runs on"
"""What the error adds of a plain function that was ended from outside."""


async def call(
    handler: Registered,
    task: Task,
    context: TaskContext,
    interrupts: Interrupts,
    current: asyncio.Task[object],
) -> Failed | None:
    """Run one attempt in the `current` asyncio task; return how it failed, None where it did not.

    An interrupt cancels an `async def` handler; a plain function cannot be stopped, its thread runs
    on to its end, for which the failure's `thread` stands. Cancelling the call cancels the handler
    likewise.

    Raises:
        asyncio.CancelledError: the caller was cancelled. That is all that gets out.
    """
    interrupts.enter(current)
    thread: Thread | None = None
    try:
        if handler.blocks:
            thread = _start(handler.function, task, context)
            running = await _ended(thread)
            thread = None
        else:
            running = handler.function(task, context)
        if running is not None:
            await running
    except asyncio.CancelledError as error:
        if (why := interrupts.leave(current, error)) is not None:
            return why if thread is None else replace(why, thread=thread, error=why.error + RUNS_ON)
        if current.cancelling():
            raise
        return failed(error, "the handler cancelled itself")
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's code ends no worker
        return interrupts.leave(current, error) or failed(error)
    interrupts.leave(current, None)
    return None


def _start(handler: Handler, task: Task, context: TaskContext) -> Thread:
    """Run a plain function in a daemon thread: one that hangs must not keep the worker alive."""
    loop = asyncio.get_running_loop()
    ended: Thread = loop.create_future()
    report = context.report
    context = replace(
        context, report=lambda share, words: _tell(loop, lambda: report(share, words))
    )
    variables = contextvars.copy_context()

    def work() -> None:
        outcome: BaseException | Awaitable[None] | None = None
        try:
            returned = variables.run(handler, task, context)
            # An `async def` in a plain wrapper: only its call was made here, not its work.
            outcome = returned if inspect.isawaitable(returned) else None
        except BaseException as error:  # noqa: BLE001 - handed to the caller, whatever it is
            outcome = error
        _tell(loop, lambda: ended.set_result(outcome))

    threading.Thread(target=work, name=f"handler-{task.task_id[:36]}", daemon=True).start()
    return ended


async def _ended(thread: Thread) -> Awaitable[None] | None:
    """Return what the thread left to be awaited, or raise what ended it.

    Cancelling this leaves the thread be.
    """
    await asyncio.wait((thread,))
    outcome = thread.result()
    if isinstance(outcome, BaseException):
        raise _passable(outcome)
    return outcome


def _passable(error: BaseException) -> BaseException:
    """A coroutine cannot raise StopIteration, and the loop would stop at KeyboardInterrupt."""
    if isinstance(error, (StopIteration, KeyboardInterrupt)):
        return RuntimeError(f"the handler raised {type(error).__name__}")
    return error


def _tell(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(callback)
