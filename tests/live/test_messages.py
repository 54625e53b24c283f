"""Single messages of a stream, deleted: what was there, what was not, and what may not be."""

from __future__ import annotations

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import Queue, queue
from worker.jetstream.errors import ApiError
from worker.jetstream.messages import delete_message, message_at

STREAM = "THINGS"


async def stream_of_three(where: Queue) -> None:
    config = {"name": STREAM, "subjects": ["things"], "storage": "file"}
    await where.api.request(f"STREAM.CREATE.{STREAM}", config)
    for _ in range(3):
        await where.api.publish("things", b"x")


async def test_a_message_is_deleted_once(server_versions: NatsServer) -> None:
    async with queue(server_versions) as where:
        await stream_of_three(where)
        assert await delete_message(where.api, STREAM, 2)
        assert await delete_message(where.api, STREAM, 1)
        gone_or_never_there = (2, 1, 0, 99)
        for sequence in gone_or_never_there:
            assert not await delete_message(where.api, STREAM, sequence)


@pytest.mark.parametrize("settings", [{"deny_delete": True}, {"sealed": True}])
async def test_a_stream_that_denies_deletes_is_not_an_empty_one(
    server_versions: NatsServer, settings: dict[str, bool]
) -> None:
    """Its refusal may have the same code."""
    async with queue(server_versions) as where:
        await stream_of_three(where)
        config = (await where.api.request(f"STREAM.INFO.{STREAM}"))["config"]
        await where.api.request(f"STREAM.UPDATE.{STREAM}", config | settings)
        with pytest.raises(ApiError, match=r"not permitted|sealed"):
            await delete_message(where.api, STREAM, 1)
        assert await message_at(where.api, STREAM, 1) is not None
