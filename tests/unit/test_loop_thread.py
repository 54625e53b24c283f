"""A loop in a thread: what is asked is answered, cancelled and ended there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

import pytest

from farutech_console.operations.live.loop_thread import ClosedError, LoopThread

DEADLINE_S = 20.0


@dataclass
class Engine:
    """Tells what happened to it."""

    log: list[str] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)

    async def thread(self) -> str:
        return threading.current_thread().name

    async def fail(self) -> None:
        raise KeyError("no such letter")

    async def hang(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.log.append("hang ended")
            self.left.set()

    async def count(self, upto: int) -> AsyncGenerator[int, None]:
        try:
            for number in range(upto):
                await asyncio.sleep(0)
                yield number
        finally:
            await asyncio.sleep(0)
            self.log.append("count ended")

    async def for_ever(self) -> AsyncGenerator[int, None]:
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self.log.append("ended")

    async def break_off(self) -> AsyncGenerator[int, None]:
        yield 1
        yield 2
        raise KeyError("gone")


def thread_with(engine: Engine) -> LoopThread[Engine]:
    @asynccontextmanager
    async def running() -> AsyncIterator[Engine]:
        engine.log.append("entered")
        try:
            yield engine
        finally:
            engine.log.append("left")

    return LoopThread(running, "engine")


@asynccontextmanager
async def opened(engine: Engine) -> AsyncIterator[LoopThread[Engine]]:
    thread = thread_with(engine)
    await thread.open()
    try:
        yield thread
    finally:
        await asyncio.wait_for(thread.close(), DEADLINE_S)


async def test_a_call_runs_in_the_thread_and_the_resource_is_entered_and_left_there() -> None:
    engine = Engine()
    async with opened(engine) as thread:
        assert await thread.call(Engine.thread) == "engine"
        assert engine.log == ["entered"]
    assert engine.log == ["entered", "left"]
    assert not any(one.name == "engine" for one in threading.enumerate())


async def test_an_error_is_carried_to_who_asked() -> None:
    async with opened(Engine()) as thread:
        with pytest.raises(KeyError, match="no such letter"):
            await thread.call(Engine.fail)


async def test_what_making_it_raises_is_raised_by_open() -> None:
    def make() -> AsyncGenerator[Engine, None]:
        raise ValueError("bad settings")

    thread: LoopThread[Engine] = LoopThread(asynccontextmanager(make), "engine")
    with pytest.raises(ValueError, match="bad settings"):
        await thread.open()
    await asyncio.wait_for(thread.close(), DEADLINE_S)


async def test_cancelling_a_call_cancels_it_there() -> None:
    engine = Engine()
    async with opened(engine) as thread:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(thread.call(Engine.hang), 0.05)
        assert await asyncio.to_thread(engine.left.wait, DEADLINE_S)


async def test_closing_ends_what_is_under_way_and_says_so_to_who_waits() -> None:
    engine = Engine()
    thread = thread_with(engine)
    await thread.open()
    waiting = asyncio.create_task(thread.call(Engine.hang))
    await thread.call(Engine.thread)
    await asyncio.wait_for(thread.close(), DEADLINE_S)
    with pytest.raises(ClosedError):
        await waiting
    assert engine.log == ["entered", "hang ended", "left"]
    with pytest.raises(ClosedError):
        await thread.call(Engine.thread)


async def test_all_items_come_in_order() -> None:
    engine = Engine()
    async with opened(engine) as thread:
        items = [item async for item in thread.iterate(lambda it: it.count(5_000))]
    assert items == list(range(5_000))


async def test_the_iterator_goes_on_while_this_side_does_not() -> None:
    engine = Engine()
    async with (
        opened(engine) as thread,
        aclosing(thread.iterate(lambda it: it.count(1_000))) as items,
    ):
        assert await anext(items) == 0
        # This loop is held up, as by a terminal that takes nothing.
        while "count ended" not in engine.log:
            threading.Event().wait(0.01)
        assert [item async for item in items] == list(range(1, 1_000))


async def test_leaving_an_iterator_ends_it_there_before_going_on() -> None:
    engine = Engine()
    async with opened(engine) as thread:
        async with aclosing(thread.iterate(Engine.for_ever)) as items:
            assert await anext(items) == 1
        assert engine.log == ["entered", "ended"]


async def test_cancelling_who_iterates_ends_the_iterator() -> None:
    engine = Engine()
    async with opened(engine) as thread:

        async def consume() -> None:
            async with aclosing(thread.iterate(Engine.for_ever)) as items:
                async for _ in items:
                    pass

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(consume(), 0.2)
        assert engine.log == ["entered", "ended"]


async def test_an_iterators_error_comes_after_its_items() -> None:
    async with opened(Engine()) as thread:
        items = thread.iterate(Engine.break_off)
        assert [await anext(items), await anext(items)] == [1, 2]
        with pytest.raises(KeyError):
            await anext(items)


async def test_closing_while_somebody_iterates_tells_them() -> None:
    engine = Engine()
    thread = thread_with(engine)
    await thread.open()
    async with aclosing(thread.iterate(Engine.for_ever)) as items:
        assert await anext(items) == 1
        await asyncio.wait_for(thread.close(), DEADLINE_S)
        with pytest.raises(ClosedError):
            await anext(items)
    assert engine.log == ["entered", "ended", "left"]
