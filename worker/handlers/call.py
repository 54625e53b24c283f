"""One call of a handler: its time limit, its thread, and whatever it raises turned into a value."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from dataclasses import dataclass

from worker.handlers.context import TaskContext
from worker.handlers.errors import Permanent, RetryAfter
from worker.handlers.registry import Handler, Registered
from worker.handlers.tracebacks import shareable_traceback
from worker.model.retry import Failure
from worker.model.task import Task


@dataclass(frozen=True, slots=True)
class Failed:
    """How a handler failed, for the retry policy, and in words, for the operator."""

    failure: Failure
    error: str
    error_type: str
    traceback: str = ""


async def call(
    handler: Registered, task: Task, context: TaskContext, within: float
) -> Failed | None:
    """Run one attempt and return how it failed, None where it did not.

    More than `within` seconds count as a transient failure. Cancelling the call cancels an
    `async def` handler; a plain function cannot be stopped, its thread runs on to its end.

    Raises:
        asyncio.CancelledError: the caller was cancelled. That is all that gets out.
    """
    limit = asyncio.timeout(within)
    try:
        async with limit:
            if handler.blocks:
                await _in_thread(handler.function, task, context)
            elif (running := handler.function(task, context)) is not None:
                await running
    except asyncio.CancelledError as error:
        current = asyncio.current_task()
        if current is None or current.cancelling():
            raise
        return failed(error, "the handler cancelled itself")
    # The user's code may raise anything, and none of it may end the worker.
    except (Exception, SystemExit) as error:  # noqa: BLE001
        if isinstance(error, TimeoutError) and limit.expired():
            return failed(error, f"took longer than the time limit of {within:g} s")
        return failed(error)
    return None


def failed(error: BaseException, words: str = "") -> Failed:
    """Return how `error` counts: final, to be tried again when it says, or to be tried again."""
    if isinstance(error, Permanent):
        failure = Failure("permanent")
    elif isinstance(error, RetryAfter):
        failure = Failure("transient", error.seconds)
    else:
        failure = Failure("transient")
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return Failed(
        failure,
        words or _words(error) or kind.__name__,
        f"{module}{kind.__qualname__}",
        shareable_traceback(error),
    )


def _words(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the user's own __str__
        return ""


async def _in_thread(handler: Handler, task: Task, context: TaskContext) -> None:
    """Run a plain function in a daemon thread: one that hangs must not keep the worker alive."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    variables = contextvars.copy_context()

    def settle(error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def work() -> None:
        problem: BaseException | None = None
        try:
            variables.run(handler, task, context)
        except BaseException as error:  # noqa: BLE001 - handed to the caller, whatever it is
            problem = _passable(error)
        _tell(loop, lambda: settle(problem))

    threading.Thread(target=work, name=f"handler-{task.task_id[:36]}", daemon=True).start()
    await done


def _passable(error: BaseException) -> BaseException:
    """A future refuses StopIteration, and the loop would stop at KeyboardInterrupt."""
    if isinstance(error, (StopIteration, KeyboardInterrupt)):
        return RuntimeError(f"the handler raised {type(error).__name__}")
    return error


def _tell(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(callback)
