"""Work in order, the next begun before the last one ended: keeps the server and us both busy."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")

AT_ONCE = 2


async def ahead(works: Iterable[Coroutine[Any, Any, T]]) -> AsyncIterator[T]:
    """Yield what each returns, in order; at most `AT_ONCE` are under way."""
    under_way: deque[asyncio.Task[T]] = deque()
    try:
        for work in works:
            under_way.append(asyncio.create_task(work))
            if len(under_way) == AT_ONCE:
                yield await under_way.popleft()
        while under_way:
            yield await under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
