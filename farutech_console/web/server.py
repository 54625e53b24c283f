"""The HTTP server: a page, its files, and a web socket for each console."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable

from aiohttp import WSCloseCode, web

from farutech_console import language
from farutech_console.language import tr
from farutech_console.settings import ConsoleSettings
from farutech_console.web.environment import child_environment
from farutech_console.web.guard import Guard, add_headers, new_token
from farutech_console.web.page import ASSETS, page
from farutech_console.web.session import (
    LIMIT,
    BadMessageError,
    ConsoleProcess,
    attend,
    ended,
    within,
)

HEARTBEAT = 15.0
FONT_SIZE = 16
SESSIONS = 8
"""Consoles that may be open at once: each is a process with a connection."""

LOOPBACK = "127.0.0.1"


class WebError(Exception):
    """The console cannot be served, in words for an operator."""


class WebConsole:
    """Serves the console to browsers on this machine."""

    def __init__(self, settings: ConsoleSettings, port: int, token: str) -> None:
        self._settings = settings
        self._origin = f"http://{LOOPBACK}:{port}"
        self._base = f"/{token}"
        self._open: set[web.WebSocketResponse] = set()
        origins = frozenset({self._origin, f"http://localhost:{port}"})
        self._guard = Guard(token, origins)

    @property
    def address(self) -> str:
        """Where a browser finds it, the token included."""
        return f"{self._origin}{self._base}/"

    def application(self) -> web.Application:
        """Return what aiohttp runs."""
        app = web.Application(middlewares=[self._guard.check])
        app.on_response_prepare.append(add_headers)
        app.on_shutdown.append(self._close_all)
        app.add_routes(
            [
                web.get("/{token}/", self._page),
                web.get("/{token}/static/{name}", self._asset),
                web.get("/{token}/ws", self._socket),
            ]
        )
        return app

    async def _page(self, request: web.Request) -> web.Response:
        ws = f"ws://{request.host}{self._base}/ws"
        title = f"farutech · {self._settings.stream}"
        text = page(title, self._base, ws, FONT_SIZE)
        return web.Response(text=text, content_type="text/html")

    async def _asset(self, request: web.Request) -> web.Response:
        asset = ASSETS.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound
        body = await asyncio.to_thread(asset.path.read_bytes)
        return web.Response(body=body, content_type=asset.media_type)

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        channel = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=LIMIT)
        if len(self._open) >= SESSIONS:
            # A browser tells a page nothing of a refused handshake.
            await channel.prepare(request)
            await channel.send_str(ended(tr("{n} consoles are open: close one.", n=SESSIONS)))
            await channel.close(code=WSCloseCode.TRY_AGAIN_LATER)
            return channel
        self._open.add(channel)
        try:
            await channel.prepare(request)
            await self._serve(channel, _size(request, "width", 80), _size(request, "height", 24))
        finally:
            self._open.discard(channel)
        return channel

    async def _serve(self, channel: web.WebSocketResponse, columns: int, rows: int) -> None:
        environment = child_environment(self._settings, os.environ, columns, rows)
        console = ConsoleProcess(environment, channel)
        try:
            await console.start(columns, rows)
            await attend(channel, console)
        except BadMessageError as error:
            await channel.close(code=WSCloseCode.POLICY_VIOLATION, message=str(error).encode())
        finally:
            await console.end()

    async def _close_all(self, _app: web.Application) -> None:
        for channel in tuple(self._open):
            await channel.close(code=WSCloseCode.GOING_AWAY)


def _size(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return within(int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else default


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        why = error.strerror or str(error)
        raise WebError(
            f"port {port} of {LOOPBACK} cannot be had ({why}): "
            "choose another with --port, 0 for any"
        ) from error


async def serve(
    settings: ConsoleSettings, port: int, tell: Callable[[str], None], stop: asyncio.Event
) -> None:
    """Serve until `stop` is set; `tell` is given the address once it answers.

    Raises:
        WebError: the port is taken.
    """
    language.use(settings.lang or language.from_locale(os.environ))
    listening = _listen(port)
    console = WebConsole(settings, listening.getsockname()[1], new_token())
    runner = web.AppRunner(console.application(), access_log=None)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        tell(console.address)
        await stop.wait()
    finally:
        await runner.cleanup()
