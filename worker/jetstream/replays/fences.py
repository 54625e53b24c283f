"""Fences: what keeps an atomic batch from being stored once a claim in it may be gone.

A claim may be removed when its letter is gone for good: what was read before that must then not be
sent. A fence sees to it. It is one message; who replays learns its sequence, then reads letters,
and has the server check that sequence as it stores the batch. Who removes claims deletes all fences
first. Sequences are never used twice, so whatever was read before is refused and read anew; and
what is read after finds the letter gone.

There are several, one for each batch under way: a replicated stream refuses a check of a subject
that another proposal under way checks too.
"""

from __future__ import annotations

import asyncio

from worker.jetstream.api import Api
from worker.jetstream.errors import WRONG_LAST, ApiError
from worker.jetstream.messages import last_message, purge_subject
from worker.model.names import QueueNames

LANES = 4
"""How many fences there are. All must agree on it: who removes claims drops each."""

_FENCE = "fence"


def fence_subjects(names: QueueNames) -> tuple[str, ...]:
    """Return the subjects of a queue's fences; they lie among the claims."""
    return tuple(names.replays.replace("*", f"{_FENCE}{lane or ''}") for lane in range(LANES))


def is_fence(subject: str) -> bool:
    """Whether a subject among the claims is a fence's: claims begin with a digit."""
    return subject.rpartition(".")[2].startswith(_FENCE)


async def drop_fences(api: Api, stream: str, names: QueueNames) -> None:
    """Refuse every batch whose letters were read before now, whoever sends it."""
    await asyncio.gather(*(purge_subject(api, stream, s) for s in fence_subjects(names)))


class Fence:
    """One fence of a queue, as one run sees it."""

    def __init__(self, api: Api, stream: str, subject: str) -> None:
        self.subject = subject
        self._api = api
        self._stream = stream
        self._sequence = 0

    async def sequence(self) -> int:
        """Return the sequence that the fence has or had; known since it was last forgotten."""
        while not self._sequence:
            message = await last_message(self._api, self._stream, self.subject)
            if message is not None:
                self._sequence = message.sequence
                break
            try:
                ack = await self._api.publish(self.subject, b"", expected_last_subject_sequence=0)
            except ApiError as error:
                if error.err_code not in WRONG_LAST:
                    raise
            else:
                self._sequence = ack.sequence
        return self._sequence

    def forget(self) -> None:
        """Ask the server anew the next time."""
        self._sequence = 0


class Fences:
    """The fences of a queue."""

    def __init__(self, api: Api, stream: str, names: QueueNames) -> None:
        self._api = api
        self._stream = stream
        self._names = names
        self._lanes = tuple(Fence(api, stream, subject) for subject in fence_subjects(names))
        self._free: asyncio.Queue[Fence] = asyncio.Queue()
        for fence in self._lanes:
            self._free.put_nowait(fence)

    async def take(self) -> Fence:
        """Return a fence that no other batch of this run uses, once there is one."""
        return await self._free.get()

    def give_back(self, fence: Fence) -> None:
        """Let another batch use it."""
        self._free.put_nowait(fence)

    async def drop(self) -> None:
        """Refuse every batch whose letters were read before now, whoever sends it."""
        await drop_fences(self._api, self._stream, self._names)
        for fence in self._lanes:
            fence.forget()
