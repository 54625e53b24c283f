"""Traffic for the demo: tasks of several tenants, and now and then one that nobody can run."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Iterator
from random import Random
from uuid import UUID, uuid4

from worker.jetstream.api import Api
from worker.jetstream.connect.connection import connect
from worker.jetstream.errors import JetStreamError
from worker.model.clock import Clock, SystemClock, format_rfc3339
from worker.model.link import ConnectionOptions
from worker.model.names import QueueNames
from worker.model.task import Task, encode_task

TENANTS = ("acme-corp", "globex", "initech", "umbrella", "wonka", "stark-industries")
MODULES = ("erp-finance", "crm-core", "hr-payroll", "billing", "inventory")
TYPES = ("provision", "provision", "provision", "update", "update", "deprovision")
PER_SECOND = 4.0
RETRY_SECONDS = 0.5

UNKNOWN_TYPE = 40
UNREADABLE = 56
"""Which messages nobody can run: some seconds in, so that the first letters can be replayed."""

_PASCAL_CASE = (
    b'{"TaskId":"%s","TenantId":"contoso","TaskType":"provision","ModuleId":"crm-core",'
    b'"Payload":{"deployment_type":"Shared"},"Attempt":1,"MaxRetries":5,"CreatedAt":"%s"}'
)


def messages(random: Random, clock: Clock) -> Iterator[bytes]:
    """Yield message bodies without end: tasks, and the odd ones that a real queue sees as well."""
    for number in itertools.count():
        task = _task(random, clock)
        if number == UNKNOWN_TYPE:
            yield encode_task(task.model_copy(update={"task_type": "migrate"}))
        elif number == UNREADABLE:
            yield b'{"task_id": "half a messa'
        elif number % 9 == 8:
            created = format_rfc3339(clock.now()).encode()
            yield _PASCAL_CASE % (task.task_id.encode(), created)
        else:
            yield encode_task(task)


def _task(random: Random, clock: Clock) -> Task:
    return Task(
        task_id=str(UUID(int=random.getrandbits(128), version=4)),
        tenant_id=random.choice(TENANTS),
        task_type=random.choice(TYPES),
        module_id=random.choice(MODULES),
        payload={
            "environment": random.choice(("production", "staging")),
            "features": random.sample(["basic", "advanced", "reports", "api"], 2),
            "seats": random.randint(5, 500),
        },
        max_retries=5,
        created_at=format_rfc3339(clock.now()),
    )


async def publish_for_ever(api: Api, names: QueueNames, random: Random, clock: Clock) -> None:
    """Publish `PER_SECOND` messages a second, at uneven times."""
    for body in messages(random, clock):
        await _publish(api, names.tasks, body)
        await asyncio.sleep(random.expovariate(PER_SECOND))


async def _publish(api: Api, subject: str, body: bytes) -> None:
    """Publish a message, however long there is no server or no stream."""
    msg_id = uuid4().hex
    while True:
        try:
            await api.publish(subject, body, msg_id=msg_id)
        except JetStreamError as error:
            sys.stderr.write(f"not published yet: {error}\n")
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return


async def _run(server: str, seed: int) -> None:
    options = ConnectionOptions(servers=(server,), name="farutech-demo-traffic")
    async with connect(options) as connection:
        await publish_for_ever(connection.api, QueueNames(), Random(seed), SystemClock())


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], int(sys.argv[2])))
