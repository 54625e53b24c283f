"""The handle on one work queue that every operation is given."""

from __future__ import annotations

import getpass
import socket

from farutech_console.language import tr
from farutech_console.operations.actions import ACTIONS, ActionName
from farutech_console.operations.errors import ReadOnlyError
from farutech_console.operations.reading import ReadingApi
from worker.jetstream.api import Api
from worker.jetstream.connect.connection import Connection
from worker.jetstream.topology.layout import Layout, discover
from worker.model.clock import Clock
from worker.model.names import QueueNames
from worker.model.text import literal


class Queue:
    """One work queue over a connection that was made.

    `names` are the queue's on the server, `operator` is who sits here, `read_only` whether
    everything that writes is refused. An operation that writes calls `guard` first.
    """

    def __init__(
        self,
        connection: Connection,
        names: QueueNames,
        clock: Clock,
        *,
        operator: str,
        read_only: bool = False,
    ) -> None:
        self.connection = connection
        self.names = names
        self.clock = clock
        self.operator = operator
        self.read_only = read_only
        api = connection.api
        self.api: Api = ReadingApi(api) if read_only else api
        self._layout: tuple[int, Layout] | None = None

    def guard(self, action: ActionName) -> None:
        """Refuse what this console may not do.

        Raises:
            ReadOnlyError: the action writes, and the console is read-only.
        """
        if self.read_only and ACTIONS[action].writes:
            raise ReadOnlyError(
                tr(
                    "this console is read-only: it refuses {action}, which {does}; leave out "
                    "--read-only (FARUTECH_READ_ONLY) to do it",
                    action=action,
                    does=tr(ACTIONS[action].does),
                )
            )

    async def layout(self) -> Layout:
        """Return where the queue's parts lie, as found since the connection was last lost.

        Raises:
            NoQueueError: there is no such queue.
        """
        if self._layout is not None and self._layout[0] == self.connection.losses:
            return self._layout[1]
        return await self.fresh_layout()

    async def fresh_layout(self) -> Layout:
        """Return where the queue's parts lie now; what changes anything asks for this.

        Raises:
            NoQueueError: there is no such queue.
        """
        losses = self.connection.losses
        layout = await discover(self.api, self.names)
        self._layout = losses, layout
        return layout


def operator_here() -> str:
    """Return who sits here: user and host, fit for a header."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "someone"
    return literal(f"{user}@{socket.gethostname()}")
