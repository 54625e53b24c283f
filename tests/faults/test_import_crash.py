"""An import that is killed, and a server that is, while letters move: each letter is there once."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from farutech_console.operations.changes.undo import plan_undo
from tests.live.test_archive import carried_out, letters, undone
from tests.live.test_transfer import imported
from tests.support.commands import start
from tests.support.nats_server import NatsServer
from tests.support.operating import operated
from tests.support.queues import Queue, queue
from tests.support.waiting import eventually

LETTERS = 2000


async def holds(q: Queue, stream: str, messages: int) -> bool:
    return sum((await q.counts(stream)).values()) >= messages


@pytest.mark.slow
@pytest.mark.parametrize("told", [1, 1500])
async def test_an_import_that_was_killed_is_repeated(
    nats_server: NatsServer, tmp_path: Path, told: int
) -> None:
    file = tmp_path / "letters.jsonl"
    lines = [
        b'{"generation":"7","sequence":%d,"body":"%d"}\n' % (n, n) for n in range(1, LETTERS + 1)
    ]
    file.write_bytes(b"".join(lines))
    async with queue(nats_server) as q:
        process = await start("dlq", "import", str(file), "--yes", "--json", server=nats_server)
        assert process.stdout is not None
        for _ in range(told):
            await process.stdout.readline()
        process.kill()
        await process.communicate()
        with file.open("rb") as again:
            outcomes = await imported(operated(q), again)
        assert {one.outcome for one in outcomes} <= {"restored", "already"}
        bodies = Counter(one.body for one in await letters(q))
        assert bodies == {b"%d" % n: 1 for n in range(1, LETTERS + 1)}


@pytest.mark.slow
async def test_a_purge_and_its_undo_go_on_after_the_server_was_killed(
    server_versions: NatsServer,
) -> None:
    async with queue(server_versions) as q:
        o = operated(q)
        await q.bury_many(LETTERS)
        purging = asyncio.create_task(carried_out(o, "purge"))
        await eventually(lambda: holds(q, "PROVISIONING_ARCHIVE", 100), 30)
        await asyncio.to_thread(server_versions.restart, kill=True)
        told = await purging
        assert Counter(one.outcome for one in told) == {"purged": LETTERS}
        assert await letters(q) == []
        plan = await plan_undo(o)
        undoing = asyncio.create_task(undone(o, plan))
        await eventually(lambda: holds(q, "PROVISIONING_DLQ", 100), 30)
        await asyncio.to_thread(server_versions.restart, kill=True)
        assert Counter(one.outcome for one in await undoing) == {"restored": LETTERS}
        ids = Counter(one.task.task_id for one in await letters(q))
        assert ids == {f"task-{n}": 1 for n in range(LETTERS)}
