"""Something that lives on an event loop in a thread of its own, used from another loop.

A terminal that takes nothing (a laptop asleep at the far end of ssh) stops the loop that draws.
What must go on meanwhile, the connection and a replay under way, runs on a loop of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from concurrent.futures import Future, wait
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, Generic, NamedTuple, TypeVar

from farutech_console.operations.errors import OperationError
from worker.event_loop import fast_loop

T = TypeVar("T")
R = TypeVar("R")


class ClosedError(OperationError):
    """The thread does not run (any more), so nothing can be asked of it."""


class _Errand(NamedTuple, Generic[T]):
    """What was asked: its outcome as a future of who asked, and a way to cancel it over there."""

    outcome: asyncio.Future[T]
    cancel: Callable[[], None]


class LoopThread(Generic[R]):
    """Runs a thread with an event loop, and in it one resource for as long as it is open.

    Args:
        make: Called in the thread; returns the resource, which is entered there and left at the
            end. What it imports and reads holds up nobody else.
        name: The thread's name.
    """

    def __init__(self, make: Callable[[], AbstractAsyncContextManager[R]], name: str) -> None:
        self._make = make
        self._name = name
        self._thread: threading.Thread | None = None
        self._entered: Future[R] = Future()
        self._loop: asyncio.AbstractEventLoop
        self._closing: asyncio.Event
        self._tasks: set[asyncio.Task[Any]] = set()

    async def open(self) -> R:
        """Start the thread and return the resource, for reads that any thread may do.

        Raises:
            BaseException: whatever making or entering it raised.
        """
        self._thread = threading.Thread(target=self._main, name=self._name, daemon=True)
        self._thread.start()
        # Shielded: it is the thread's, and close() waits for it too.
        entered = asyncio.wrap_future(self._entered)
        entered.add_done_callback(lambda it: it.cancelled() or it.exception())
        return await asyncio.shield(entered)

    async def close(self) -> None:
        """Cancel what was asked and is not answered, leave the resource, and end the thread."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        await asyncio.to_thread(wait, (self._entered,))
        if self._entered.exception() is None:
            with contextlib.suppress(RuntimeError):  # it ended by itself meanwhile
                self._loop.call_soon_threadsafe(self._closing.set)
        await asyncio.to_thread(thread.join)

    async def call(self, ask: Callable[[R], Coroutine[Any, Any, T]]) -> T:
        """Run `ask` with the resource on its loop and return what it returns.

        Cancelling the call cancels it there.

        Raises:
            ClosedError: the thread does not run.
            BaseException: whatever `ask` raised.
        """
        errand = self._send(ask)
        try:
            return await errand.outcome
        except asyncio.CancelledError:
            errand.cancel()
            raise

    async def iterate(self, ask: Callable[[R], AsyncIterator[T]]) -> AsyncGenerator[T, None]:
        """Yield what `ask` yields with the resource on its loop.

        The iterator there never waits for this side. Closing this generator cancels it there, and
        returns when it has ended.

        Raises:
            ClosedError: the thread does not run.
            BaseException: whatever the iterator raised, after all that it yielded.
        """
        belt: _Belt[T] = _Belt(asyncio.get_running_loop())
        outcome, cancel = self._send(lambda resource: belt.fill(ask(resource)))
        outcome.add_done_callback(lambda _: belt.news.set())
        try:
            while not outcome.done() or belt.items:
                while belt.items:
                    yield belt.items.popleft()
                await belt.wait(outcome)
            outcome.result()
        finally:
            if not outcome.done():
                cancel()
                await asyncio.wait((outcome,))
            if not outcome.cancelled():
                outcome.exception()  # seen: who closed it early does not ask

    def _send(self, ask: Callable[[R], Coroutine[Any, Any, T]]) -> _Errand[T]:
        """Start something on the thread's loop."""
        if self._thread is None or not self._entered.done():
            raise ClosedError(f"{self._name} is not open")
        resource, loop = self._entered.result(), self._loop
        home = asyncio.get_running_loop()
        outcome: asyncio.Future[T] = home.create_future()
        started: list[asyncio.Task[T]] = []

        def start() -> None:
            task = loop.create_task(ask(resource))
            started.append(task)
            self._tasks.add(task)
            task.add_done_callback(settle)

        def settle(task: asyncio.Task[T]) -> None:
            self._tasks.discard(task)
            with contextlib.suppress(RuntimeError):  # who asked is gone with its loop
                home.call_soon_threadsafe(_carry_over, task, outcome, self._name)

        def cancel() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: it was cancelled then
                loop.call_soon_threadsafe(lambda: started[0].cancel())

        try:
            loop.call_soon_threadsafe(start)
        except RuntimeError as error:
            raise ClosedError(f"{self._name} has ended") from error
        return _Errand(outcome, cancel)

    def _main(self) -> None:
        """Be the thread."""
        with asyncio.Runner(loop_factory=fast_loop()) as runner:
            self._loop = runner.get_loop()
            runner.run(self._hold())

    async def _hold(self) -> None:
        self._closing = asyncio.Event()
        try:
            async with self._make() as resource:
                self._entered.set_result(resource)
                await self._closing.wait()
                await self._end_tasks()
        except BaseException as error:
            if self._entered.done():
                raise
            self._entered.set_exception(error)

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


def _carry_over(task: asyncio.Task[T], outcome: asyncio.Future[T], name: str) -> None:
    """Give what became of a task to who asked for it; runs on the loop of who asked."""
    if outcome.done():
        if not task.cancelled():
            task.exception()
    elif task.cancelled():
        outcome.set_exception(ClosedError(f"{name} was closed"))
    elif (error := task.exception()) is not None:
        outcome.set_exception(error)
    else:
        outcome.set_result(task.result())


class _Belt(Generic[T]):
    """Items on their way from one loop to another; it never holds up who puts them on."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.items: deque[T] = deque()
        self.news = asyncio.Event()
        self._loop = loop
        self._told = False

    async def fill(self, source: AsyncIterator[T]) -> None:
        """Put on all there is; runs on the other loop."""
        if isinstance(source, AsyncGenerator):
            async with aclosing(source):
                await self._put_on(source)
        else:
            await self._put_on(source)

    async def _put_on(self, source: AsyncIterator[T]) -> None:
        async for item in source:
            self.items.append(item)
            if not self._told:
                self._told = True
                self._loop.call_soon_threadsafe(self.news.set)

    async def wait(self, end: asyncio.Future[None]) -> None:
        """Return when there are items, or it has ended."""
        if self.items or end.done():
            return
        await self.news.wait()
        self.news.clear()
        self._told = False
