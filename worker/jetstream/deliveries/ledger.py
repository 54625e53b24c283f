"""The idempotency ledger on the server: one key of a key-value bucket for each task.

A task that nobody has costs two publishes, one to begin and one to end it; only a conflict reads.
The keys are written as every key-value client writes them (ADR-8), so `nats kv get` shows them.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from worker.jetstream.api import Api
from worker.jetstream.errors import WRONG_LAST_SEQUENCE, ApiError, JetStreamError, UncertainError
from worker.jetstream.messages import last_message, stored_time
from worker.jetstream.pipeline import Pipeline
from worker.model import ledger as protocol
from worker.model.clock import Clock
from worker.model.ledger import (
    SAFETY,
    AlreadyDone,
    Begun,
    Entry,
    Found,
    HeldBy,
    InvalidEntryError,
    Lost,
    NotStored,
    Put,
    State,
    Steps,
    Stored,
    standing_of,
)
from worker.model.names import QueueNames

WRONG_LAST_SEQUENCE_SOON = 10164
"""JetStream: another write under the same subject is on its way to being stored."""

MOST_UNANSWERED = 2
"""Writes without an answer, some seconds each, after which the caller is told."""

_KV_OPERATION = "KV-Operation"
R = TypeVar("R")


class LedgerError(JetStreamError):
    """What lies under a key of the bucket is not an entry of the ledger."""


class LostLeaseError(Exception):
    """The task is no longer ours: another worker took it over, or it ended otherwise."""


class Ledger:
    """The ledger of one queue, as one worker writes it.

    Every call may raise `JetStreamError`. Each may then have been done or not, and may be repeated:
    a repeat finds out. Its answers are from the stream's leader.
    """

    def __init__(
        self,
        api: Api,
        pipeline: Pipeline,
        names: QueueNames,
        owner: str,
        lease: float,
        clock: Clock,
    ) -> None:
        """Describe the ledger.

        Args:
            api: Reads entries.
            pipeline: Writes them.
            names: The queue's names.
            owner: This worker, for operators to read; others may be called the same.
            lease: Seconds for which a task is ours when nothing more is said. Less than the
                consumer's ack wait, or a dead worker's task comes again before it is free.
            clock: Monotonic time.
        """
        self._api = api
        self._pipeline = pipeline
        self._stream = names.ledger_stream
        default = api.subject("") == "$JS.API."
        keys = names.ledger_keys.removesuffix(">")
        # Behind a domain or an import the bucket's keys lie behind the API's prefix, as in Go.
        self._keys = keys if default else api.subject(keys)
        self._reads = keys
        self._owner = owner
        self._lease = lease
        self._clock = clock

    async def begin(self, key: str, sequence: int = 0) -> Lease | AlreadyDone | HeldBy:
        """Take a task to run it.

        `key` is what `task_key` gives, `sequence` the stream sequence of the message.
        """
        while True:
            since = self._clock.monotonic()
            run = self._pipeline.unique()
            entry = Entry("running", self._owner, run, self._lease, sequence)
            outcome = await self._follow(key, protocol.begin(entry), run)
            if not isinstance(outcome, Begun):
                return outcome
            lease = Lease(self, key, entry, outcome.token, since)
            if lease.remaining >= self._lease / 2:
                return lease
            try:
                await lease.renew()
            except LostLeaseError:
                # The answer took so long (we were frozen, perhaps) that another has the task.
                continue
            return lease

    async def standing(self, key: str) -> AlreadyDone | HeldBy | None:
        """Return what became of a task, None where nobody runs it and nobody finished it."""
        found = await self._read(key, "")
        return None if found is None else standing_of(found)

    async def write(self, key: str, entry: Entry, token: int) -> int:
        """Replace our entry `token` under a key; return the new revision.

        Raises:
            LostLeaseError: it is not ours any more.
        """
        outcome = await self._follow(key, protocol.write(entry, token), entry.run)
        if isinstance(outcome, Lost):
            raise LostLeaseError(f"taken over by {outcome.by}" if outcome.by else "it has ended")
        return outcome

    def now(self) -> float:
        """Return monotonic seconds."""
        return self._clock.monotonic()

    async def _follow(self, key: str, steps: Steps[R], run: str) -> R:
        """Do what the protocol asks until it is at its end.

        Raises:
            UncertainError: write after write has no answer: not permitted, perhaps.
        """
        unanswered = 0
        try:
            step = next(steps)
            while True:
                if isinstance(step, Put):
                    try:
                        answer = await self._put(key, step)
                    except UncertainError:
                        unanswered += 1
                        if unanswered >= MOST_UNANSWERED:
                            raise
                        answer = NotStored()
                    step = steps.send(answer)
                else:
                    step = steps.send(await self._read(key, run))
        except StopIteration as end:
            result: R = end.value
            return result

    async def _put(self, key: str, put: Put) -> Stored | NotStored:
        try:
            return Stored(
                await self._pipeline.publish(self._keys + key, put.entry.to_wire(), put.expected)
            )
        except ApiError as error:
            if error.err_code in (WRONG_LAST_SEQUENCE, WRONG_LAST_SEQUENCE_SOON):
                return NotStored()
            raise

    async def _read(self, key: str, run: str) -> Found | None:
        message = await last_message(self._api, self._stream, self._reads + key)
        if message is None:
            return None
        if _KV_OPERATION in message.headers:
            return Found(None, message.sequence, message.stored_at, 0.0)
        try:
            entry = Entry.from_wire(message.body)
        except InvalidEntryError as error:
            raise LedgerError(
                f"key {key} of {self._stream} is not an entry of the ledger ({error}): "
                "if it is not needed, delete it"
            ) from error
        age = 0.0
        if entry.state == "running" and entry.run != run:
            age = (await self._server_time() - message.stored_at).total_seconds()
        return Found(entry, message.sequence, message.stored_at, age)

    async def _server_time(self) -> datetime:
        """Return the time of the stream's leader, by whose clock the entries are stamped."""
        return stored_time((await self._api.request(f"STREAM.INFO.{self._stream}"))["ts"])


class Lease:
    """A task that is ours to run, until it is finished, released or lost."""

    __slots__ = ("_entry", "_ledger", "_over", "_since", "key", "token")

    def __init__(self, ledger: Ledger, key: str, entry: Entry, token: int, since: float) -> None:
        self.key = key
        self.token = token
        """Grows with each holder of the task: what a resource can refuse a stale one by."""
        self._ledger = ledger
        self._entry = entry
        self._since = since
        self._over = False

    @property
    def remaining(self) -> float:
        """Seconds for which the task is surely ours, negative when it may be another's."""
        return self._since + self._entry.lease * (1 - SAFETY) - self._ledger.now()

    def is_over(self) -> bool:
        """Return whether it was finished or released, or is about to be."""
        return self._over

    async def renew(self) -> None:
        """Keep the task for as long again, counted from now. Due at a third of the lease.

        Nothing happens where the task ends meanwhile.

        Raises:
            LostLeaseError: it is another's; what runs must stop.
        """
        if self.is_over():
            return
        since = self._ledger.now()
        try:
            token = await self._ledger.write(self.key, self._entry, self.token)
        except LostLeaseError:
            if self.is_over():
                return
            raise
        self.token = max(self.token, token)
        self._since = since

    async def finish(self) -> None:
        """Write that the task is done, so that it is never run again. Before the ack.

        Raises:
            LostLeaseError: another took it over; what it does counts.
        """
        await self._end("done")

    async def release(self) -> None:
        """Let the task be run again, by whoever has it next. Before the nak.

        Raises:
            LostLeaseError: another took it over.
        """
        await self._end("failed")

    async def _end(self, state: State) -> None:
        self._over = True
        entry = self._entry.as_state(state)
        self.token = await self._ledger.write(self.key, entry, self.token)
