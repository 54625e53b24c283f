"""`topology apply` is killed at any step, or the server is: run again, and all is well."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from tests.faults.applying import apply_until
from tests.faults.processes import context
from tests.faults.replaying import KILLED
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, Queue, queue, task
from tests.support.topology import applied, bodies_in, plan
from tests.support.worker_queue import publish
from worker.jetstream.api import Api
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.errors import JetStreamError
from worker.jetstream.topology.answers import raw_consumers
from worker.jetstream.topology.layout import discover, ensure

LETTERS = 5
TASKS = 3
FEWEST_STEPS = 14
MOST_STEPS = 60


async def killed_at(url: str, step: int) -> bool:
    """Apply in a process that dies after so many steps; return whether it came to that."""
    process = context("tests.faults.replaying").Process(target=apply_until, args=(url, step))
    process.start()
    await asyncio.to_thread(process.join, 30)
    assert process.exitcode in (0, KILLED)
    return bool(process.exitcode == KILLED)


async def clear(where: Queue) -> None:
    there = (await where.api.request("STREAM.NAMES"))["streams"]
    for name in there:
        await where.api.request(f"STREAM.DELETE.{name}")


async def filled(where: Queue) -> Counter[bytes]:
    """Put tasks and letters into the queue; return the letters."""
    for number in range(TASKS):
        await publish(where, task(number))
    await where.bury_many(LETTERS)
    return Counter(await bodies_in(where, NAMES.stream))


async def check_all_is_found(where: Queue, letters: Counter[bytes]) -> None:
    """Readers find each letter once, where they look; a worker that starts can bury more."""
    layout = await discover(where.api, NAMES)
    found = [x async for page in DeadLetters(where.api, layout).scan() for x in page]
    assert Counter(x.body for x in found) == letters
    await ensure(where.api, NAMES)
    letters[b"late"] += 1
    await where.api.publish(NAMES.dlq, b"late")


async def check_all_is_done(where: Queue, letters: Counter[bytes]) -> None:
    assert await plan(where.api) == ()
    assert Counter(await bodies_in(where, NAMES.dlq_stream)) == letters
    assert await where.counts() == {NAMES.tasks: TASKS}
    consumers = await raw_consumers(where.api, NAMES.stream)
    assert [c["name"] for c in consumers if c.get("paused")] == []


@pytest.mark.slow
async def test_killed_at_every_step(server_versions: NatsServer) -> None:
    for step in range(1, MOST_STEPS):
        async with queue(server_versions, "go") as where:
            letters = await filled(where)
            died = await killed_at(server_versions.url, step)
            await check_all_is_found(where, letters)
            outcomes = await applied(where, await plan(where.api))
            assert [x.detail for x in outcomes if x.outcome != "applied"] == [], f"at {step}"
            await check_all_is_done(where, letters)
            await clear(where)
        if not died:
            break
    assert FEWEST_STEPS < step < MOST_STEPS - 1, f"there were {step} steps"


@pytest.mark.slow
async def test_killed_again_and_again(nats_server: NatsServer) -> None:
    """Whoever goes on is killed as well, and the next one after it, ever further on."""
    for first in range(1, MOST_STEPS):
        async with queue(nats_server, "go") as where:
            letters = await filled(where)
            died = await killed_at(nats_server.url, first)
            for step in (1, 2, 3, 5, 8):
                await killed_at(nats_server.url, step)
                await check_all_is_found(where, letters)
            await applied(where, await plan(where.api))
            await check_all_is_done(where, letters)
            await clear(where)
        if not died:
            break
    assert FEWEST_STEPS < first < MOST_STEPS - 1, f"there were {first} steps"


@pytest.mark.slow
async def test_the_server_is_killed_at_every_step(nats_server: NatsServer) -> None:
    for fatal in range(1, MOST_STEPS):
        taken = 0

        async def step(_name: str, fatal: int = fatal) -> None:
            nonlocal taken
            taken += 1
            if taken == fatal:
                nats_server.restart(kill=True)

        async with queue(nats_server, "go") as where:
            # What is asked while the server dies is never answered: not waited for as usual.
            where.connection.api = Api(where.connection.client, within=0.5)
            letters = await filled(where)
            await applied(where, await plan(where.api), step)
            await again_until_done(where)
            await check_all_is_done(where, letters)
            await clear(where)
        if taken < fatal:
            break
    assert FEWEST_STEPS < fatal < MOST_STEPS - 1, f"there were {fatal} steps"


async def again_until_done(where: Queue) -> None:
    for _ in range(5):
        await where.connection.wait_connected()
        try:
            outcomes = await applied(where, await plan(where.api))
        except JetStreamError:
            continue
        if all(outcome.outcome == "applied" for outcome in outcomes):
            return
    raise AssertionError("it was never done")
