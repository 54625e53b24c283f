"""nats-py's client, which says nothing before TLS stands where TLS was asked for."""

from __future__ import annotations

from typing import Any

from nats.aio.client import Client, Srv
from nats.errors import Error as NatsError


class NoTlsError(NatsError):
    """TLS was asked for, and the server offers none."""


class TlsClient(Client):
    """A client that says nothing before TLS stands, where TLS was asked for.

    nats-py goes by the server's greeting alone, which whoever is in between can change.
    """

    async def _connect_to_server(self, s: Srv) -> None:
        if self._transport is not None:
            # nats-py leaves the socket of a server that refused us open.
            self._transport.close()  # type: ignore[no-untyped-call] # nats-py's
        await super()._connect_to_server(s)

    async def _process_info(
        self,
        info: dict[str, Any],
        initial_connection: bool = False,  # noqa: FBT001 - nats-py's
    ) -> None:
        if initial_connection and self._wants_tls():
            if not (info.get("tls_required") or info.get("tls_available")):
                raise NoTlsError(
                    "TLS was asked for and the server offers none: "
                    "nothing was sent to it, not even who we are"
                )
            info["tls_required"] = True
        await super()._process_info(info, initial_connection)

    def _wants_tls(self) -> bool:
        """Return whether TLS is yet to begin: not where it came before the greeting."""
        server = self._current_server
        in_websocket = server is not None and server.uri.scheme in ("ws", "wss")
        return (
            "tls" in self.options and not self.options["tls_handshake_first"] and not in_websocket
        )
