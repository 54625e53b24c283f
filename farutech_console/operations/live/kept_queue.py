"""A work queue over one connection that is found in the background and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from farutech_console.language import tr
from farutech_console.operations.live.link import Link
from farutech_console.operations.queue import Queue, operator_here
from worker.jetstream.connect.connection import Connection, connect, shown_url
from worker.jetstream.errors import JetStreamError, RefusedError, UnreachableError
from worker.model.clock import Clock
from worker.model.link import ConnectionOptions, LinkChange
from worker.model.names import QueueNames

AGAIN_S = 3.0
"""Seconds from where a connection was given up, refused for instance, to the next try."""


class KeptQueue:
    """The handle on a work queue, and a new one wherever a connection is at its end.

    `along` is run on each connection, and cancelled where that is at its end. A `JetStreamError`
    that it raises ends the connection, and another one is tried; a fault of its own is told, and
    the connection stays. `operator` is who is on record for what is changed, by default who sits
    here.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        names: QueueNames,
        clock: Clock,
        along: Callable[[Connection], Awaitable[None]] | None = None,
        *,
        read_only: bool,
        operator: str = "",
    ) -> None:
        self.names = names
        self.clock = clock
        self.read_only = read_only
        self.link = Link(clock)
        self._options = options
        self._along = along
        self._operator = operator or operator_here()
        self._found: asyncio.Future[Queue]
        self._keeping: asyncio.Task[None]
        self._closed: asyncio.Event

    def begin(self) -> None:
        """Begin to connect."""
        self._found = asyncio.get_running_loop().create_future()
        self._closed = asyncio.Event()
        self._keeping = asyncio.create_task(self._keep())
        self._keeping.add_done_callback(self._ended)

    async def end(self) -> None:
        """Close the connection."""
        self._keeping.cancel()
        await asyncio.wait((self._keeping,))
        self._found.cancel()

    async def connected(self, within: float) -> None:
        """Wait until a server answers.

        Raises:
            UnreachableError: none did within `within` seconds.
            RefusedError: it would not let us in.
        """
        done, _ = await asyncio.wait((self._found,), timeout=within)
        if not done:
            raise self._unreachable()
        await self._found

    def queue(self) -> Queue:
        """Return the handle that operations are given.

        Raises:
            UnreachableError: no server answers at the moment.
            RefusedError: it would not let us in.
        """
        if not self._found.done():
            raise self._unreachable()
        queue = self._found.result()
        if not self.link.state.connected:
            raise self._unreachable()
        return queue

    def _unreachable(self) -> UnreachableError:
        where = ", ".join(shown_url(url) for url in self._options.servers)
        return UnreachableError(f"no NATS server answers at {where} ({self.link.state.detail})")

    async def _keep(self) -> None:
        """Hold a connection, and a new one wherever that is at its end, until cancelled."""
        while True:
            self._closed.clear()
            try:
                async with connect(self._options, listener=self._changed) as connection:
                    self._have(self._handle(connection))
                    await self._use(connection)
            except JetStreamError as error:
                self._give_up(error)
            await asyncio.sleep(AGAIN_S)

    async def _use(self, connection: Connection) -> None:
        """Run what goes along with a connection, until that is closed for good."""
        if self._along is None:
            await self._closed.wait()
            return
        along = asyncio.ensure_future(self._along(connection))
        closed = asyncio.create_task(self._closed.wait())
        try:
            await asyncio.wait((along, closed), return_when=asyncio.FIRST_COMPLETED)
            if along.done() and (fault := _fault_of(along)) is not None:
                self.link.died(tr("the live feed"), fault)
                await closed
            elif along.done():
                along.result()
        finally:
            along.cancel()
            closed.cancel()
            await asyncio.wait((along, closed))

    def _changed(self, change: LinkChange) -> None:
        self.link.on_change(change)
        if change.event == "closed":
            self._closed.set()

    def _handle(self, connection: Connection) -> Queue:
        return Queue(
            connection,
            self.names,
            self.clock,
            operator=self._operator,
            read_only=self.read_only,
        )

    def _have(self, queue: Queue) -> None:
        if self._found.done():
            self._found = asyncio.get_running_loop().create_future()
        self._found.set_result(queue)

    def _ended(self, keeping: asyncio.Task[None]) -> None:
        """Show a fault that ended the connection, rather than wait for a server for ever."""
        if not keeping.cancelled() and (fault := keeping.exception()) is not None:
            self.link.died(tr("the connection"), fault)
            self._give_up(fault)

    def _give_up(self, why: BaseException) -> None:
        text = str(why) or type(why).__name__
        self.link.failed(text, refused=isinstance(why, RefusedError))
        if self._found.done():
            return
        self._found.set_exception(why)
        self._found.exception()  # It is told to whoever asks next; that nobody may is no fault.


def _fault_of(ended: asyncio.Future[None]) -> BaseException | None:
    """Return the fault of ours by which it ended; that the server is gone is none."""
    error = ended.exception()
    return None if isinstance(error, JetStreamError) else error
