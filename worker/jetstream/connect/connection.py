"""One connection to NATS: found however long it takes, kept for ever, honest about its state."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from random import Random
from typing import Any

import nats
from nats.aio.client import Client
from nats.aio.client import Server as PoolServer
from nats.errors import AuthorizationError
from nats.errors import Error as NatsError

from worker.jetstream.api import Api
from worker.jetstream.connect import websocket
from worker.jetstream.connect.credentials import client_arguments
from worker.jetstream.connect.tls_client import NoTlsError, TlsClient
from worker.jetstream.errors import RefusedError, UnreachableError
from worker.jetstream.wire.denials import read_denial
from worker.jetstream.wire.wire import Wire
from worker.model.link import ConnectionOptions, LinkChange, LinkEvent, Listener

FIRST_WAIT = 0.25
LONGEST_WAIT = 5.0
CANCEL_AGAIN = 0.1
"""Seconds after which an attempt that goes on though it was cancelled is cancelled again."""
PING_INTERVAL = 2
"""Seconds between pings; with two unanswered a silent server counts as gone."""


class Connection:
    """A connected client with its JetStream API. Made by `connect`, which closes it as well."""

    def __init__(self, client: Client, api: Api, wire: Wire, link: _Link) -> None:
        self.client = client
        self.api = api
        self.wire = wire
        self._link = link

    @property
    def is_connected(self) -> bool:
        """Whether a server answers now, as far as the client knows."""
        return bool(self.client.is_connected)

    @property
    def reconnects(self) -> int:
        """How often the connection came back."""
        return int(self.client.stats["reconnects"])

    @property
    def losses(self) -> int:
        """How often the connection was lost: what was sent before the last loss may be lost too."""
        return self._link.losses

    async def wait_connected(self) -> None:
        """Return once a server answers; at once where one does."""
        while not self.is_connected:
            self._link.up.clear()
            await self._link.up.wait()

    async def flush(self, within: float) -> bool:
        """Return whether the server confirmed within `within` seconds that it has what we sent."""
        losses = self.losses
        try:
            async with asyncio.timeout(within):
                await self.wire.confirmed()
        except (NatsError, TimeoutError):
            return False
        # Without a connection the client's own flush returns as if all were well.
        return self.is_connected and self.losses == losses

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` on every change of the connection; return a function that ends that."""
        self._link.listeners.append(listener)
        return lambda: self._link.listeners.remove(listener)


class _Link:
    """Turns the client's callbacks into link changes, and attempts into ever longer waits."""

    def __init__(
        self, client: Client, wire: Wire, random: Random, listener: Listener | None
    ) -> None:
        self._client = client
        self._wire = wire
        self.listeners: list[Listener] = [listener] if listener else []
        self.refused: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.up = asyncio.Event()
        self.losses = 0
        self.leaving = False
        self._random = random
        self._attempt = 0

    def tell(self, event: LinkEvent, detail: str = "", *, refused: bool = False) -> None:
        change = LinkChange(event, detail, self._attempt, refused)
        for listener in tuple(self.listeners):
            listener(change)

    async def on_error(self, error: Exception) -> None:
        if denial := read_denial(str(error)):
            self._wire.denied(denial)
        refused = is_refusal(error)
        if refused and not self.refused.done():
            self.refused.set_result(_in_words(error))
        if refused or isinstance(error, (OSError, asyncio.TimeoutError)) or _is_dial(error):
            self._attempt += 1
            # What the client's own first connect waits before it tries the same server again.
            self._client.options["reconnect_time_wait"] = self.wait_before_next()
        self.tell("error", _in_words(error), refused=refused)

    async def on_disconnected(self) -> None:
        self.losses += 1
        self._wire.forget_unsent()
        self._attempt = 0
        if not self.leaving:
            self.tell("disconnected")

    async def on_reconnected(self) -> None:
        self.up.set()
        self.tell("reconnected")
        self._attempt = 0

    async def on_closed(self) -> None:
        error = self._client.last_error
        self.tell("closed", "" if error is None else _in_words(error))

    def wait_before_next(self) -> float:
        longest = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self._attempt, 10))
        return longest * (0.5 + 0.5 * self._random.random())

    def next_server(
        self, pool: list[PoolServer], _info: Mapping[str, Any]
    ) -> tuple[PoolServer | None, float]:
        fewest = min(pool, key=lambda server: server.reconnects)
        self.tell("trying", shown_url(fewest.uri.netloc))
        return fewest, self.wait_before_next()


@contextlib.asynccontextmanager
async def connect(
    options: ConnectionOptions,
    *,
    random: Random | None = None,
    listener: Listener | None = None,
    within: float | None = None,
) -> AsyncIterator[Connection]:
    """Connect, and stay connected until the block ends, through any number of server restarts.

    A dead server is tried until `within` seconds are over, for ever where that is None; each try
    is told to `listener`.

    Raises:
        RefusedError: wrong credentials or certificates, a file of theirs that cannot be used, or
            a WebSocket without what it needs installed.
        UnreachableError: no server answered within `within` seconds.
    """
    websocket.prepare(options.servers)
    client = TlsClient()
    wire = Wire(client)
    link = _Link(client, wire, random or Random(), listener)
    dial = _dial_arguments(options, link)
    try:
        async with asyncio.timeout(within):
            await _first_connect(client, dial, link)
    except TimeoutError as error:
        link.leaving = True
        await _abandon(client)
        where = ", ".join(shown_url(url) for url in options.servers)
        raise UnreachableError(f"no NATS server answers at {where}") from error
    except BaseException:
        link.leaving = True
        await _abandon(client)
        raise
    link.tell("connected", shown_url(client.connected_url.netloc if client.connected_url else ""))
    connection = Connection(client, Api(client, options.api_prefix), wire, link)
    try:
        yield connection
    finally:
        link.leaving = True
        if not client.is_connected:
            # Closing writes it to the socket that is gone, an error from Python 3.12 on.
            wire.forget_unsent()
        await _abandon(client)


def is_refusal(error: Exception) -> bool:
    """Return whether the server said no to who we are, so that trying again cannot help."""
    words = str(error).lower()
    if isinstance(error, ssl.SSLError):
        return "certificate" in words
    return isinstance(error, (AuthorizationError, NoTlsError)) or (
        isinstance(error, NatsError) and ("authorization" in words or "authentication" in words)
    )


def shown_url(url: str) -> str:
    """Return a server's address without the credentials it may carry."""
    scheme, separator, rest = url.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


async def _first_connect(client: Client, arguments: dict[str, Any], link: _Link) -> None:
    while True:
        link.tell("trying", ", ".join(shown_url(url) for url in arguments["servers"]))
        dial = asyncio.create_task(client.connect(**arguments))
        watched: tuple[asyncio.Future[Any], ...] = (dial, link.refused)
        try:
            await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _given_up(dial)
        if link.refused.done():
            raise RefusedError(link.refused.result())
        try:
            await dial
        except (OSError, NatsError) as error:
            await link.on_error(error)
            await asyncio.sleep(link.wait_before_next())
        else:
            return


async def _given_up(dial: asyncio.Task[None]) -> None:
    """End an attempt to connect; it must not go on with a client that is closed meanwhile.

    A cancellation that meets an answer of the server is lost, up to Python 3.11.
    """
    while not dial.done():
        dial.cancel()
        await asyncio.wait((dial,), timeout=CANCEL_AGAIN)
    if not dial.cancelled():
        # Asked for, or else it is logged where nobody awaits it any more.
        dial.exception()


def _dial_arguments(options: ConnectionOptions, link: _Link) -> dict[str, Any]:
    return {
        "servers": list(options.servers),
        "name": options.name,
        "inbox_prefix": options.inbox_prefix,
        "error_cb": link.on_error,
        "disconnected_cb": link.on_disconnected,
        "reconnected_cb": link.on_reconnected,
        "closed_cb": link.on_closed,
        "max_reconnect_attempts": -1,
        "ping_interval": PING_INTERVAL,
        "reconnect_time_wait": FIRST_WAIT,
        "reconnect_to_server_handler": link.next_server,
        **client_arguments(options),
    }


async def _abandon(client: Client) -> None:
    if not client.is_closed:
        with contextlib.suppress(NatsError, OSError):
            await client.close()


def _in_words(error: Exception) -> str:
    """Return what an error says, and what to look at."""
    words = str(error) or type(error).__name__
    if isinstance(error, NoTlsError):
        return words
    if isinstance(error, ssl.SSLError):
        return f"no TLS with the server: {words}; check --tls-ca, --tls-cert and --tls-key"
    if is_refusal(error):
        ways = "--user and --password, --token, --creds, --nkey or --context"
        return f"the server refused us: {words}; check {ways}"
    if isinstance(error, asyncio.TimeoutError):
        return str(error) or "no answer in time: is it a NATS server?"
    if isinstance(error, OSError):
        return error.strerror or words
    return words


def _is_dial(error: Exception) -> bool:
    return isinstance(error, nats.errors.NoServersError)
