"""Pages that a worker serves over HTTP."""

from __future__ import annotations

import asyncio
import urllib.request


async def fetched(url: str) -> str:
    """The text of a page."""
    return await asyncio.to_thread(_fetched, url)


def _fetched(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return str(answer.read().decode())
