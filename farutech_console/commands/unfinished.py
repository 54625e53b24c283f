"""What every command that changes dead letters begins with: finishing what a killed one left."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from farutech_console.commands import output
from farutech_console.commands.session import unless_stopped
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.live.backend import LiveBackend


async def finish_interrupted(backend: LiveBackend, stop: asyncio.Event) -> None:
    """Finish what was interrupted, and say so; where that cannot be done the command goes on.

    Raises:
        StoppedError: `stop` was set meanwhile.
    """
    from farutech_console.operations.errors import OperationError
    from worker.jetstream.errors import JetStreamError

    if backend.read_only:
        return
    try:
        finished = await unless_stopped(backend.finish_interrupted(), stop)
    except (JetStreamError, OperationError) as error:
        output.say(f"What an earlier run left could not be finished: {literal(str(error))}.")
        return
    for line in finished.told():
        output.say(literal(line))
