"""Requests and their answers, however many, and whatever becomes of the connection."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from nats.aio.client import Client
from nats.errors import BadHeaderError, BadSubjectError

from tests.support.nats_server import NatsServer
from worker.jetstream.api import Api, PubAck
from worker.jetstream.connect.connection import connect
from worker.jetstream.errors import (
    ApiError,
    NoJetStreamError,
    PayloadTooLargeError,
    UncertainError,
    UnreachableError,
)
from worker.jetstream.requests import Asked
from worker.jetstream.wire.headers import header_block, read_headers
from worker.jetstream.wire.wire import Wire
from worker.model.link import ConnectionOptions


def options(server: NatsServer) -> ConnectionOptions:
    return ConnectionOptions(servers=(server.url,))


async def echo(client: Client, subject: str) -> None:
    async def answer(message: Any) -> None:
        await message.respond(message.data)

    await client.subscribe(subject, cb=answer)
    await client.flush()


async def test_each_of_many_gets_its_own_answer(shared_nats: NatsServer) -> None:
    async with connect(options(shared_nats), within=10) as connection:
        await echo(connection.client, "echo")
        asked = [b'{"n": %d}' % number for number in range(500)]
        answers = await asyncio.gather(
            *(connection.api.exchange("echo", body, header_block({"N": "1"})) for body in asked)
        )
        assert answers == [{"n": number} for number in range(500)]


async def test_each_of_many_asked_together_has_its_own_fate(nats_server: NatsServer) -> None:
    async with connect(options(nats_server), within=10) as connection:
        api = Api(connection.client, within=0.3)
        spec = {"name": "S", "subjects": ["kept"], "max_msg_size": 100}
        await api.request("STREAM.CREATE.S", spec)
        await connection.client.subscribe("silent")
        asked = [
            Asked(subject, body)
            for subject, body in (
                *(("kept", b"%d" % number) for number in range(300)),
                ("kept", b"x" * 101),
                ("nobody.listens", b""),
                ("silent", b""),
                ("kept", b"after"),
            )
        ]
        *stored, refused, nobody, silent, after = await api.publish_all(asked)
        assert stored == [PubAck("S", number, duplicate=False) for number in range(1, 301)]
        assert isinstance(refused, ApiError)
        assert type(nobody) is UnreachableError
        assert type(silent) is UncertainError
        assert after == PubAck("S", 301, duplicate=False)
        assert await api.publish_all([]) == []
        bodies = [{"seq": 1}, {"seq": 999}, {"seq": 301}]
        first, none, last = await api.request_all("STREAM.MSG.GET.S", bodies)
        assert [one["message"]["seq"] for one in (first, last) if isinstance(one, dict)] == [1, 301]
        assert isinstance(none, ApiError)


async def test_those_asked_together_are_all_uncertain_once_the_connection_is_lost(
    nats_server: NatsServer,
) -> None:
    async with connect(options(nats_server), within=10) as connection:
        await connection.client.subscribe("silent")
        asking = asyncio.create_task(connection.api.publish_all([Asked("silent", b"")] * 3))
        assert await connection.flush(5)
        nats_server.kill()
        lost = await asking
        assert [type(one) for one in lost] == [UncertainError] * 3
        assert "connection was lost" in str(lost[0])
        (down,) = await connection.api.publish_all([Asked("silent", b"")])
        assert isinstance(down, UnreachableError)


async def test_messages_without_answer_arrive_with_their_headers_in_order(
    shared_nats: NatsServer,
) -> None:
    async with connect(options(shared_nats), within=10) as connection:
        heard = await connection.client.subscribe("posted")
        for number in range(3):
            connection.api.post("posted", b"%d" % number, header_block({"Who": " Bás\r\nico "}))
        messages = [await heard.next_msg(timeout=5) for _ in range(3)]
        assert [message.data for message in messages] == [b"0", b"1", b"2"]
        assert {message.headers["Who"] for message in messages if message.headers} == {"Bás  ico"}


async def test_what_would_break_the_protocol_is_not_sent(shared_nats: NatsServer) -> None:
    async with connect(options(shared_nats), within=10) as connection:
        with pytest.raises(BadSubjectError):
            await connection.api.publish("a b\r\nPUB c 0", b"")
        with pytest.raises(BadHeaderError):
            await connection.api.publish("a", b"", headers={"a: b\r\nc": "d"})
        with pytest.raises(PayloadTooLargeError):
            connection.api.post("a", b"x" * connection.client.max_payload, header_block({"a": "b"}))
        assert await connection.flush(5)
        assert connection.losses == 0


async def test_nobody_there_is_told_at_once(shared_nats: NatsServer) -> None:
    async with connect(options(shared_nats), within=10) as connection:
        with pytest.raises(UnreachableError, match="no stream takes this subject"):
            await connection.api.publish("nobody.listens", b"")
        with pytest.raises(NoJetStreamError, match="is JetStream on"):
            await Api(connection.client, "$JS.elsewhere.API").request("INFO")


async def test_silence_is_uncertain_after_the_time_allowed(shared_nats: NatsServer) -> None:
    async with connect(options(shared_nats), within=10) as connection:
        await connection.client.subscribe("silent")
        with pytest.raises(UncertainError, match="no answer"):
            await connection.api.publish("silent", b"", within=0.05)


async def test_a_lost_connection_is_uncertain_at_once_and_works_again_later(
    nats_server: NatsServer,
) -> None:
    async with connect(options(nats_server), within=10) as connection:
        await connection.client.subscribe("silent")
        asking = asyncio.create_task(connection.api.publish("silent", b"", within=60))
        assert await connection.flush(5)
        began = time.monotonic()
        nats_server.restart(kill=True)
        with pytest.raises(UncertainError, match="connection was lost"):
            await asking
        assert time.monotonic() - began < 30
        await connection.wait_connected()
        assert (await connection.api.request("INFO"))["type"].endswith("account_info_response")
        nats_server.kill()
        with pytest.raises((UnreachableError, UncertainError)):
            await connection.api.request("INFO")


async def test_the_wire_of_a_client_is_found_again(shared_nats: NatsServer) -> None:
    async with connect(options(shared_nats), within=10) as connection:
        assert Wire.of(connection.client) is connection.wire


def test_a_header_block_is_read_as_it_was_written() -> None:
    headers = {"A": "1", "traceparent": "00-ab", "Name": "Básico"}
    assert read_headers(header_block(headers)) == ("", "", headers)
