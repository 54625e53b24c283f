"""One browser session: a console in a process of its own, and the web socket it draws on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from farutech_console.tethered import tethered
from worker.model.text import literal

COMMAND = (sys.executable, "-m", "farutech_console")
STOP_SECONDS = 5.0
SMALLEST, LARGEST = 2, 1000
"""Columns or rows that a browser may ask for."""

LIMIT = 64 * 1024
"""Bytes of one message from the browser: keys, or a paste."""


TOLD = 2000
"""Characters of what a console that failed left behind that its page shows."""


class BadMessageError(Exception):
    """The browser sent what no page of ours sends."""


class ConsoleProcess(AppService):
    """textual-serve's service of one app, started without a shell in an environment we made.

    Of what the app may ask of the browser only the drawing is passed on: it is not to open
    addresses or to hand files over.
    """

    def __init__(self, environment: Mapping[str, str], socket: web.WebSocketResponse) -> None:
        super().__init__(
            "",
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=_closing(socket),
            download_manager=DownloadManager(),
        )
        self._environment = dict(environment)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        process = await asyncio.create_subprocess_exec(
            *tethered(COMMAND), stdin=PIPE, stdout=PIPE, stderr=self._errors, env=self._environment
        )
        # textual-serve prints what it reads here among our own output; the page is to have it.
        process.stderr = asyncio.StreamReader()
        process.stderr.feed_eof()
        self._process, self._stdin = process, process.stdin
        return process

    async def on_meta(self, data: bytes) -> None:
        """Ignore what the app asks of the browser; its end is seen when its output ends."""

    async def run(self) -> None:
        """Pass on what the app draws until it ends; then tell why, and close the web socket.

        An app that was killed or crashed says nothing of its end: the page must not stand still.
        """
        try:
            await super().run()
            with contextlib.suppress(TimeoutError):
                await self._tell_why()
        finally:
            await self.remote_close()

    async def _tell_why(self) -> None:
        """Send the page what a console that failed said last."""
        assert self._process is not None
        async with asyncio.timeout(STOP_SECONDS):
            code = await self._process.wait()
        if code and (text := await asyncio.to_thread(self._last_words)):
            with contextlib.suppress(ConnectionError):
                await self.remote_write_str(ended(text))

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return "\n".join(map(literal, lines))[-TOLD:]

    async def on_packed(self, payload: bytes) -> None:
        """Ignore files that the app hands over."""

    async def end(self) -> None:
        """Ask the app to leave, and end it where it has not within 5 s."""
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(STOP_SECONDS):
                await self.stop()
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        self._errors.close()


def ended(why: str) -> str:
    """Return the message that tells our page why its session has ended."""
    return json.dumps(["ended", why])


async def attend(socket: web.WebSocketResponse, console: ConsoleProcess) -> None:
    """Pass on what the browser sends until it leaves.

    Raises:
        BadMessageError: it sent what no page of ours sends.
    """
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            raise BadMessageError("not a text")
        with contextlib.suppress(ConnectionError):  # The console has ended; the socket is next.
            await _pass_on(socket, console, message.data)


async def _pass_on(socket: web.WebSocketResponse, console: ConsoleProcess, text: str) -> None:
    match _decoded(text):
        case ["stdin", str(keys)]:
            await console.send_bytes(keys.encode("utf-8", "replace"))
        case ["resize", {"width": int(width), "height": int(height)}]:
            await console.set_terminal_size(within(width), within(height))
        case ["ping", str(mark)]:
            await socket.send_json(["pong", mark])
        case ["blur"]:
            await console.blur()
        case ["focus"]:
            await console.focus()
        case _:
            raise BadMessageError("no message that is known")


def within(size: int) -> int:
    """Return columns or rows within what a console can draw."""
    return max(SMALLEST, min(size, LARGEST))


def _decoded(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadMessageError("not JSON") from error


def _closing(socket: web.WebSocketResponse) -> Callable[[], Awaitable[None]]:
    async def close() -> None:
        await socket.close()

    return close
