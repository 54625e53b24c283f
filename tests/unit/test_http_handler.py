"""The http handler against a real server on the loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.contexts import Refusal, a_context, ended
from worker.handlers.context import TaskContext
from worker.handlers.http import (
    LONGEST_RETRY_AFTER,
    Target,
    idempotency_key,
    posting,
    retry_after,
    shown_url,
)
from worker.handlers.registry import HandlerSetupError
from worker.model.clock import SystemClock
from worker.model.task import Task

TASK = Task.from_wire(
    {"task_id": "t-1", "task_type": "provision", "payload": {"a": [1, "é"]}, "extra": "kept"}
)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Site:
    """A server that gives the same answer to every request, and remembers what it was asked."""

    def __init__(self, answer: bytes | Answer) -> None:
        self.answer = answer
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self.url = ""

    @property
    def headers(self) -> dict[str, str]:
        """Those of the last request, names in lower case."""
        lines = self.heads[-1].split("\r\n")[1:]
        return {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.heads.append(head.strip())
                self.bodies.append(await reader.readexactly(int(self.headers["content-length"])))
                if isinstance(self.answer, bytes):
                    writer.write(self.answer)
                    await writer.drain()
                else:
                    await self.answer(writer)
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def says(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def site(answer: bytes | Answer) -> AsyncIterator[Site]:
    found = Site(answer)
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    found.url = f"http://user:secret@127.0.0.1:{port}/tasks?key=secret"
    async with server:
        yield found


def a_target(url: str, headers: Mapping[str, str] | None = None) -> Target:
    return Target(url, headers or {}, answer_timeout=60.0, connections=100)


async def sent(
    url: str, task: Task = TASK, context: TaskContext | None = None, within: float = 20.0
) -> Refusal | None:
    async with posting(a_target(url, {"X-Site": "eu"})) as registry:
        handler = registry.find(task.task_type)
        return await ended(handler, task, context or a_context(), within)


async def answered(answer: bytes | Answer) -> Refusal | None:
    async with site(answer) as found:
        return await sent(found.url)


async def test_it_posts_the_task_as_json_and_2xx_is_done() -> None:
    async with site(says("204 No Content")) as found:
        context = a_context(replays=1, headers={"Traceparent": TRACE, "Other": "stays"})
        assert await sent(found.url, context=context) is None
    assert found.heads[0].startswith("POST /tasks?key=secret HTTP/1.1")
    headers = found.headers
    assert headers["content-type"] == "application/json"
    assert headers["farutech-attempt"] == "2"
    assert headers["idempotency-key"] == "t-1:1"
    assert headers["traceparent"] == TRACE
    assert headers["x-site"] == "eu"
    assert headers["user-agent"].startswith("farutech-worker/")
    assert "other" not in headers
    body = json.loads(found.bodies[0])
    assert (body["payload"], body["extra"], body["attempt"]) == ({"a": [1, "é"]}, "kept", 2)


async def test_one_connection_serves_many_tasks() -> None:
    async with (
        site(says("200 OK", b"x" * 10_000)) as found,
        posting(a_target(found.url)) as registry,
    ):
        handler = registry.find("anything")
        for _ in range(5):
            assert await ended(handler, TASK, a_context(), 10) is None
    assert (len(found.bodies), found.connections) == (5, 1)


@pytest.mark.parametrize("status", ["408", "425", "429", "500", "502", "503", "504", "599"])
async def test_what_may_pass_is_transient(status: str) -> None:
    why = await answered(says(f"{status} Whatever", b"try later"))
    assert why is not None
    assert why.kind == "transient"
    assert why.retry_after is None
    assert f"answered {status}" in why.error
    assert why.error.endswith("try later")


@pytest.mark.parametrize("status", ["400", "401", "403", "404", "409", "410", "422", "451"])
async def test_any_other_refusal_is_permanent(status: str) -> None:
    why = await answered(says(f"{status} Whatever", b'{"error":"quota"}'))
    assert why is not None
    assert why.kind == "permanent"
    assert f"answered {status}" in why.error
    assert '{"error":"quota"}' in why.error


async def test_an_error_shows_neither_credentials_nor_query_and_the_body_literally() -> None:
    why = await answered(says("422 No", b"\x1b[31m[red]" + b"\xff" + b"\n line" * 500))
    assert why is not None
    assert "secret" not in why.error
    assert "/tasks answered 422 Unprocessable" in why.error
    assert "\x1b" not in why.error
    assert r"\x1b[31m[red]" in why.error
    assert len(why.error) < 500


@pytest.mark.parametrize("status", ["301", "302", "304", "307", "308"])
async def test_a_redirect_is_permanent_and_not_followed(status: str) -> None:
    async with site(says(f"{status} Moved", b"", "Location: http://127.0.0.1:1/else")) as found:
        why = await sent(found.url)
    assert why is not None
    assert why.kind == "permanent"
    assert "redirects are not followed" in why.error
    assert "http://127.0.0.1:1/else" in why.error
    assert len(found.bodies) == 1


async def test_retry_after_is_obeyed() -> None:
    why = await answered(says("503 Busy", b"", "Retry-After: 17"))
    assert why is not None
    assert (why.kind, why.retry_after) == ("transient", 17.0)
    assert "503 Service Unavailable" in why.error
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    why = await answered(says("429 Slow", b"", f"Retry-After: {soon}"))
    assert why is not None
    assert why.retry_after == pytest.approx(90, abs=5)


async def test_nobody_there_is_transient() -> None:
    async with site(b"") as found:
        url = found.url
    why = await sent(url)
    assert why is not None
    assert why.kind == "transient"
    assert "ConnectError" in why.error
    assert "secret" not in why.error


async def test_a_connection_that_breaks_is_transient() -> None:
    async def hang_up(_writer: asyncio.StreamWriter) -> None:
        pass

    why = await answered(hang_up)
    assert why is not None
    assert why.kind == "transient"


async def test_an_answer_that_is_not_http_is_transient() -> None:
    why = await answered(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    assert why is not None
    assert why.kind == "transient"


async def test_the_status_counts_also_where_the_body_never_ends() -> None:
    over = asyncio.Event()

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nx")
        await writer.drain()
        await over.wait()

    async with site(drip) as found:
        assert await sent(found.url) is None
        over.set()


async def test_the_deadline_ends_a_request_that_hangs() -> None:
    over = asyncio.Event()

    async def hang(_writer: asyncio.StreamWriter) -> None:
        await over.wait()

    async with site(hang) as found:
        why = await sent(found.url, within=0.3)
        over.set()
    assert why is not None
    assert why.kind == "timeout"


async def test_a_task_id_that_no_header_can_hold_does_no_harm() -> None:
    hostile = Task(task_id="a\r\nX-Evil: 1\x00é\ud800", task_type="provision")
    async with site(says("200 OK")) as found:
        assert await sent(found.url, hostile) is None
    assert "x-evil" not in found.headers


def test_a_key_is_the_same_in_all_attempts_and_new_in_each_replay() -> None:
    assert idempotency_key("b852e263-f02c", 0) == "b852e263-f02c"
    assert idempotency_key("b852e263-f02c", 2) == "b852e263-f02c:2"
    assert len(idempotency_key("é" * 500, 0)) == 64
    assert idempotency_key("a:1", 0) != idempotency_key("a", 1)


@given(st.text(st.characters(), max_size=300), st.integers(0, 9))
def test_any_key_fits_a_header(task_id: str, replays: int) -> None:
    key = idempotency_key(task_id, replays)
    assert key.isascii()
    assert key == key.strip()
    assert len(key) <= 210
    assert key.isprintable()


@given(st.text(max_size=60))
def test_whatever_retry_after_says_it_is_bounded(text: str) -> None:
    seconds = retry_after(text, SystemClock())
    assert seconds is None or 0 < seconds <= LONGEST_RETRY_AFTER


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("99999999999", LONGEST_RETRY_AFTER),
        ("9" * 400, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_RETRY_AFTER),
        ("Fri, 31 Dec 9999 23:59:59 -0000", LONGEST_RETRY_AFTER),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_in_seconds_and_as_a_date(text: str, seconds: float | None) -> None:
    assert retry_after(text, SystemClock()) == seconds


@pytest.mark.parametrize(
    "url", ["", "ftp://x/", "/tasks", "http://", "http://x:port/", "example.com"]
)
async def test_what_is_no_url_is_said_before_anything_runs(url: str) -> None:
    with pytest.raises(HandlerSetupError):
        async with posting(a_target(url)):
            pass


async def test_a_header_that_cannot_be_sent_is_said_before_anything_runs() -> None:
    with pytest.raises(HandlerSetupError):
        async with posting(a_target("http://127.0.0.1/", {"X": "é\u2028"})):
            pass


def test_urls_are_shown_without_what_is_secret() -> None:
    assert shown_url("https://u:p@[::1]:8443/a/b?k=v#f") == "https://[::1]:8443/a/b"
