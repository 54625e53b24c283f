"""`/healthz`, `/readyz` and `/metrics` over HTTP, in threads of their own.

A thread answers also while a handler blocks the event loop, and says so.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from worker.telemetry.loop_watch import LoopWatch
from worker.telemetry.readiness import Readiness

DEAD = 10.0
"""Seconds without a turn of the event loop after which the worker is not alive."""
REQUEST_TIMEOUT = 5.0
POLL = 0.1
"""Seconds that an end of the server takes at most."""


class HealthError(Exception):
    """The endpoint cannot be opened; the text says why and what to do."""


class Address(NamedTuple):
    """Where to listen; port 0 lets the system choose."""

    host: str
    port: int


class Page(NamedTuple):
    """An answer."""

    status: HTTPStatus
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Sources:
    """What the pages are made from."""

    registry: CollectorRegistry
    readiness: Readiness
    watch: LoopWatch


def parse_address(text: str) -> Address | None:
    """Return the address in `HOST:PORT`, `[IPV6]:PORT` or `:PORT`, None for `off`.

    Raises:
        ValueError: it is none of these.
    """
    if text.strip().lower() in ("", "off"):
        return None
    host, separator, port = text.strip().rpartition(":")
    if not separator or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{text!r} is no address: HOST:PORT, or off")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise ValueError(f"{text!r} is no address: an IPv6 host stands in brackets")
    return Address(host.strip("[]"), int(port))


class HealthServer:
    """Serves the pages from `start` to `stop`."""

    def __init__(self, address: Address, sources: Sources) -> None:
        """Open the port.

        Raises:
            HealthError: it is in use, or the address is none of this machine.
        """
        self._sources = sources
        try:
            self._server = _server(address, self._page)
        except (OSError, UnicodeError) as error:
            raise HealthError(_in_words(address, error)) from error

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        shown = f"[{host!s}]" if self._server.address_family == socket.AF_INET6 else str(host)
        return f"http://{shown}:{port}"

    def start(self) -> None:
        """Answer from now on."""
        threading.Thread(
            target=self._server.serve_forever, args=(POLL,), name="health", daemon=True
        ).start()

    async def stop(self) -> None:
        """Close the port; takes a tenth of a second."""
        await asyncio.to_thread(self._server.shutdown)
        self._server.server_close()

    def _page(self, path: str, accept: str) -> Page:
        match path:
            case "/healthz":
                return self._healthz()
            case "/readyz":
                return self._readyz()
            case "/metrics":
                encode, content_type = choose_encoder(accept)
                return Page(HTTPStatus.OK, content_type, encode(self._sources.registry))
            case _:
                known = ["/healthz", "/readyz", "/metrics"]
                return _json(HTTPStatus.NOT_FOUND, {"status": "not found", "pages": known})

    def _healthz(self) -> Page:
        seconds = self._sources.watch.standing_still
        if seconds < DEAD:
            return _json(HTTPStatus.OK, {"status": "alive"})
        reasons = {"event_loop": self._blocked(seconds)}
        return _json(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "stuck", "reasons": reasons})

    def _readyz(self) -> Page:
        reasons = dict(self._sources.readiness.obstacles())
        if seconds := self._sources.watch.standing_still:
            reasons["event_loop"] = self._blocked(seconds)
        if reasons:
            body = {"status": "not ready", "reasons": reasons}
            return _json(HTTPStatus.SERVICE_UNAVAILABLE, body)
        return _json(HTTPStatus.OK, {"status": "ready"})

    def _blocked(self, seconds: float) -> str:
        words = f"the event loop has not turned for {seconds:.1f} s"
        running = self._sources.watch.blamed()
        if running is None:
            return words
        facts = running.facts
        return f"{words}: the handler of task {facts.task_id} ({facts.task_type}) blocks it"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    # On Windows this would let two processes share a port.
    allow_reuse_address = os.name == "posix"
    page: Callable[[str, str], Page]

    def server_bind(self) -> None:
        """Bind, without HTTPServer's question to DNS for its own name."""
        self.socket.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, int(self.allow_reuse_address)
        )
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - stdlib's
        """Say nothing of a client that went away; show a mistake of ours."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class _Request(BaseHTTPRequestHandler):
    timeout = REQUEST_TIMEOUT
    server_version = "farutech-worker"
    sys_version = ""
    server: _Server

    def do_GET(self) -> None:
        """Answer with a page."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer without its body."""
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - stdlib's
        """Keep probes out of the log."""

    def _answer(self, *, with_body: bool) -> None:
        page = self.server.page(self.path.partition("?")[0], self.headers.get("Accept", ""))
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if with_body:
            self.wfile.write(page.body)


def _server(address: Address, page: Callable[[str, str], Page]) -> _Server:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET

    class Server(_Server):
        address_family = family

    server = Server(address, _Request)
    server.page = page
    return server


def _json(status: HTTPStatus, body: Mapping[str, object]) -> Page:
    return Page(status, "application/json", json.dumps(body).encode() + b"\n")


def _in_words(address: Address, error: Exception) -> str:
    why = (getattr(error, "strerror", None) or str(error)).lower()
    return (
        f"cannot listen at {address.host}:{address.port} for health and metrics: {why}; "
        "give another --http HOST:PORT (port 0 takes any), or off"
    )
