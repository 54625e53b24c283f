"""WebSockets for those who connect through one, at no cost to all others.

nats-py imports aiohttp wherever it is installed, for `ws://` and `wss://` alone, and that takes as
long as all the rest of nats-py. So it is kept from it until such a server is asked for.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from worker.jetstream.errors import RefusedError

_NEEDED = ("aiohttp", "multidict")


def import_client() -> None:
    """Import nats-py without what only WebSockets need. Called before anything else imports it."""
    hidden = [name for name in _NEEDED if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment] # documented: it is not to be found
    try:
        importlib.import_module("nats.aio.transport")
    finally:
        for name in hidden:
            del sys.modules[name]


def prepare(servers: Sequence[str]) -> None:
    """Give nats-py its WebSockets, if one of these servers is reached through one.

    Raises:
        RefusedError: what they need is not installed.
    """
    if not any(url.startswith(("ws://", "wss://")) for url in servers):
        return
    transport = importlib.import_module("nats.aio.transport")
    try:
        for name in _NEEDED:
            setattr(transport, name, importlib.import_module(name))
    except ImportError as error:
        raise RefusedError("a ws:// or wss:// server needs aiohttp: pip install aiohttp") from error
