"""Who may speak to the console over HTTP: whoever knows the token, from the page we served.

A web page that the operator happens to visit can send requests to 127.0.0.1 too, and open web
sockets to it. It does not know the token, which is the first part of every path; its `Origin` is
another; and where it made its own name resolve to 127.0.0.1, the `Host` is.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

TOKEN_BYTES = 32

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        # The terminal lays itself out by styles that it sets; everything else is in files of ours.
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "font-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Lets requests through that carry the token and come from our own page.

    `origins` are the pages' origins, such as `http://127.0.0.1:8000`.
    """

    def __init__(self, token: str, origins: frozenset[str]) -> None:
        self._token = token
        self._origins = origins
        self._hosts = frozenset(origin.partition("://")[2] for origin in origins)

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer 403 to a wrong host or origin and 404 without the token; else pass it on."""
        if not self._from_here(request):
            raise web.HTTPForbidden(text="This console is for the machine that it runs on.\n")
        token = request.match_info.get("token", "")
        if not secrets.compare_digest(token.encode("utf-8", "replace"), self._token.encode()):
            raise web.HTTPNotFound(text="Open the address that farutech-console serve printed.\n")
        return await handler(request)

    def _from_here(self, request: web.Request) -> bool:
        if request.host not in self._hosts:
            return False
        origin = request.headers.get("Origin")
        # Browsers send it with every web socket; without one it is no browser, or a plain GET.
        return origin in self._origins if origin is not None else not _upgrades(request)


def _upgrades(request: web.Request) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Add to every answer what keeps a browser from doing more with it than show it."""
    response.headers.update(HEADERS)
    response.headers.pop("Server", None)


def new_token() -> str:
    """Return a token that nobody guesses, fit for a path."""
    return secrets.token_urlsafe(TOKEN_BYTES)
