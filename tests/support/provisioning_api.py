"""A provisioning API for tests: a real HTTP server that can go down and come back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

SLOW = 0.02
"""Seconds that an answer takes, so that requests that overlap are seen to."""


@dataclass(frozen=True)
class Request:
    """One task as it was POSTed. `together` counts the requests under way, this one included."""

    status: int
    together: int
    headers: dict[str, str]
    task: dict[str, Any]

    @property
    def attempt(self) -> int:
        return int(self.headers["farutech-attempt"])


@dataclass
class ProvisioningApi:
    """Answers every request with `status` and the headers `extra`, and keeps what came."""

    status: int = 200
    extra: tuple[str, ...] = ()
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    _together: int = 0

    @property
    def done(self) -> list[str]:
        """The ids of the tasks that were answered 2xx."""
        return [one.task["task_id"] for one in self.requests if one.status < 300]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await self._answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().strip()
        pairs = (line.partition(":") for line in head.split("\r\n")[1:])
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        task = json.loads(await reader.readexactly(int(headers["content-length"])))
        self._together += 1
        together = self._together
        await asyncio.sleep(SLOW)
        self._together -= 1
        status = self.status
        self.requests.append(Request(status, together, headers, task))
        lines = (f"HTTP/1.1 {status} So", "Content-Length: 0", *self.extra)
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        await writer.drain()


@asynccontextmanager
async def provisioning_api(status: int = 200) -> AsyncIterator[ProvisioningApi]:
    """A provisioning API on a free port."""
    api = ProvisioningApi(status)
    server = await asyncio.start_server(api.serve, "127.0.0.1", 0)
    api.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/tasks"
    async with server:
        yield api
