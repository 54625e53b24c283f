"""What a worker answers about itself over HTTP, and where."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.support.telemetry import Parts, asked, fetched
from worker.model.link import LinkChange
from worker.telemetry.health import (
    Address,
    HealthError,
    HealthServer,
    parse_address,
)


async def test_readiness_names_what_stands_in_the_way() -> None:
    parts = Parts()
    async with parts.serving() as url:
        status, said = await asked(f"{url}/readyz")
        assert (status, set(said["reasons"])) == (503, {"connection", "consumer"})
        parts.readiness.on_link(LinkChange("error", "connection refused"))
        _, said = await asked(f"{url}/readyz")
        assert said["reasons"]["connection"] == "not connected to NATS: connection refused"
        parts.readiness.on_link(LinkChange("connected"))
        parts.readiness.clear("consumer")
        assert await asked(f"{url}/readyz") == (200, {"status": "ready"})
        parts.readiness.on_link(LinkChange("disconnected"))
        assert (await asked(f"{url}/readyz"))[0] == 503
        parts.readiness.on_link(LinkChange("reconnected"))
        parts.readiness.on_link(LinkChange("error", "a slow consumer"))
        assert (await asked(f"{url}/readyz"))[0] == 200
        parts.readiness.stands("shutdown", "the worker is finishing")
        status, said = await asked(f"{url}/readyz?verbose")
        assert (status, said["reasons"]) == (503, {"shutdown": "the worker is finishing"})
        assert await asked(f"{url}/healthz") == (200, {"status": "alive"})


async def test_metrics_are_served_as_prometheus_reads_them() -> None:
    parts = Parts("provision")
    parts.tally.ended("provision", "succeeded", 0.2)
    async with parts.serving() as url:
        status, body, content_type = await asyncio.to_thread(fetched, f"{url}/metrics")
        assert status == 200
        assert content_type.startswith("text/plain")
        assert b'farutech_tasks_total{outcome="succeeded",type="provision"} 1.0' in body
        status, body, _ = await asyncio.to_thread(fetched, f"{url}/metrics", "HEAD")
        assert (status, body) == (200, b"")
        status, body, _ = await asyncio.to_thread(fetched, f"{url}/nothing")
        assert status == 404
        status, _, _ = await asyncio.to_thread(fetched, f"{url}/metrics", "POST")
        assert status == 501


async def test_a_port_in_use_is_said_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(HealthError) as error:
            HealthServer(Address("127.0.0.1", port), Parts().sources)
    assert f"cannot listen at 127.0.0.1:{port}" in str(error.value)
    assert "already in use" in str(error.value)
    assert "--http" in str(error.value)


async def test_a_port_can_be_taken_again_at_once() -> None:
    parts = Parts()
    async with parts.serving() as url:
        await asked(f"{url}/healthz")
        port = int(url.rpartition(":")[2])
    server = HealthServer(Address("127.0.0.1", port), parts.sources)
    server.start()
    await server.stop()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", Address("127.0.0.1", 8080)),
        ("[::1]:0", Address("::1", 0)),
        (":9090", Address("", 9090)),
        ("off", None),
        ("", None),
    ],
)
def test_addresses(text: str, address: Address | None) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["8080", "localhost", "x:y", "::1:80", "h:65536", "h:-1", "h:²"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        parse_address(text)


async def test_it_serves_on_ipv6_too() -> None:
    try:
        server = HealthServer(Address("::1", 0), Parts().sources)
    except HealthError:
        pytest.skip("no IPv6 here")
    server.start()
    assert (await asked(f"{server.url}/readyz"))[0] == 503
    await server.stop()
