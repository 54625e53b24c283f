"""How fast dead letters are read: each measure alone, in a process of its own.

`python -m benchmarks.dlq_reading MEASURE URL` prints what it took as one line of JSON;
`benchmarks.dlq` runs them all.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass

from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from farutech_console.operations.filter.parser import parse_filter
from farutech_console.operations.letters.browse import (
    letters_of,
    read_groups,
    read_page,
    read_selection,
)
from farutech_console.operations.letters.selection import Selection
from farutech_console.operations.queue import Queue
from worker.event_loop import fast_loop
from worker.jetstream.connect.connection import connect
from worker.model.clock import SystemClock
from worker.model.link import ConnectionOptions
from worker.model.names import QueueNames

NAMES = QueueNames()
PAGE = 200
PAGES = 20
PLAIN = 3_000
"""Letters that the plain loop reads: it would take minutes for all."""
WANTED = "error:~timeout tenant:acme-6"


@dataclass(frozen=True, slots=True)
class Taken:
    """What a measure took: letters looked at and found, seconds, and seconds of a core."""

    letters: int
    found: int
    seconds: float
    processor: float
    peak_rss: int = 0
    """Bytes that the process had at most, Python and all its modules included."""

    @property
    def rate(self) -> float:
        """Letters/s."""
        return self.letters / self.seconds


async def plain(queue: Queue) -> tuple[int, int]:
    """Look for letters as one would with nats-py and nothing else."""
    js = queue.connection.client.jetstream()
    stream = (await queue.layout()).dead_letters.name
    found, read, sequence = 0, 0, 1
    while read < PLAIN:
        try:
            message: RawStreamMsg = await js.get_msg(
                stream, seq=sequence, subject=NAMES.dlq, next=True
            )
        except NotFoundError:
            break
        letter = json.loads(message.data or b"{}")
        found += "timeout" in letter["error"].lower() and letter["task"]["tenant_id"] == "acme-6"
        sequence, read = (message.seq or 0) + 1, read + 1
    return read, found


async def first_page(queue: Queue) -> tuple[int, int]:
    """Read the newest page."""
    page = await read_page(queue, PAGE, None)
    return len(page.letters), len(page.letters)


async def filtered(queue: Queue, text: str = WANTED) -> tuple[int, int]:
    """Look for letters among all, the newest first."""
    found = 0
    async for letters in read_selection(queue, Selection(parse_filter(text))):
        found += len(letters)
    return (await (await letters_of(queue)).extent()).depth, found


async def grouped(queue: Queue) -> tuple[int, int]:
    """Group all letters by cause."""
    groups = await read_groups(queue, Selection())
    return groups.scanned, len(groups.groups)


Measure = Callable[[Queue], Awaitable[tuple[int, int]]]
MEASURES: Mapping[str, Measure] = {
    "plain": plain,
    "page": first_page,
    "filter": filtered,
    "filter-error": lambda queue: filtered(queue, "error:~timeout"),
    "filter-word": lambda queue: filtered(queue, "timeout"),
    "groups": grouped,
}


async def taken(name: str, url: str) -> Taken:
    """Run one measure; of the page, which is quick, the median of many."""
    options = ConnectionOptions(servers=(url,), name="benchmark")
    async with connect(options, within=10) as connection:
        queue = Queue(connection, NAMES, SystemClock(), operator="benchmark")
        await queue.layout()
        gc.freeze()  # as every command does
        times = []
        for _ in range(PAGES if name == "page" else 1):
            processor, began = time.process_time(), time.perf_counter()
            letters, found = await MEASURES[name](queue)
            times.append(time.perf_counter() - began)
            processor = time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Taken(letters, found, statistics.median(times), processor, peak)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=fast_loop()) as runner:
        print(json.dumps(asdict(runner.run(taken(sys.argv[1], sys.argv[2])))))
