"""The built-in handler `http`: each task is POSTed to a URL, and the answer decides.

2xx: done. 408, 425, 429, 5xx and no answer at all: to be tried again, not before `Retry-After`.
Any other 4xx: refused for good. 3xx: refused for good too, for a redirect would send the task, and
what authorizes it, where nobody configured.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NoReturn
from urllib.parse import quote

import httpx

from worker import __version__
from worker.handlers.context import TaskContext
from worker.handlers.errors import Permanent, RetryAfter
from worker.handlers.registry import HandlerSetupError, Registry
from worker.model.clock import Clock
from worker.model.task import Task, encode_task
from worker.model.text import literal
from worker.model.trace_context import trace_context

ATTEMPT_HEADER = "Farutech-Attempt"
KEY_HEADER = "Idempotency-Key"
CONNECT_TIMEOUT = 10.0
BODY_TIMEOUT = 2.0
"""Seconds spent on the body of an answer whose status is known."""
MOST_BODY = 64 * 1024
"""Bytes of a body that are read, so that the connection can be used again."""
EXCERPT = 300
"""Characters of the body that an error shows."""
LONGEST_RETRY_AFTER = 3600.0
"""Seconds; a longer `Retry-After` counts as this."""

_TRANSIENT = frozenset({408, 425, 429})
_LONGEST_KEY = 200
_SECONDS = re.compile(r"\d{1,18}", re.ASCII)


class RequestFailed(Exception):  # noqa: N818 - it is raised for what may pass
    """No answer, or one that asks to try again."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where tasks go. `headers` are sent with each, for instance an `Authorization`.

    `answer_timeout` is in seconds without a byte of the answer. `connections` are open at most.
    """

    url: str
    headers: Mapping[str, str] = field(repr=False)
    answer_timeout: float
    connections: int


@contextlib.asynccontextmanager
async def posting(target: Target) -> AsyncIterator[Registry]:
    """Return a registry that takes tasks of every type; connections are kept until the block ends.

    Raises:
        HandlerSetupError: the URL is not one of http or https.
    """
    _check(target)
    async with httpx.AsyncClient(
        timeout=httpx.Timeout(target.answer_timeout, connect=CONNECT_TIMEOUT, pool=None),
        limits=httpx.Limits(
            max_connections=target.connections, max_keepalive_connections=target.connections
        ),
        headers={
            "user-agent": f"farutech-worker/{__version__}",
            # No body need be unpacked, and none can be a bomb.
            "accept-encoding": "identity",
            **target.headers,
        },
    ) as client:
        yield Registry({}, any_other=HttpHandler(client, target.url))


class HttpHandler:
    """POSTs tasks to one URL."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url
        self._shown = shown_url(url)

    async def __call__(self, task: Task, context: TaskContext) -> None:
        """Send the task, its `attempt` set to the true one.

        Raises:
            Permanent: the answer refuses the task for good, or is a redirect.
            RetryAfter: the answer says when to try again.
            RequestFailed: there was no answer, or one that is worth another try.
        """
        try:
            async with self._client.stream(
                "POST",
                self._url,
                content=encode_task(task.with_attempt(context.attempt)),
                headers=request_headers(task, context),
            ) as answer:
                if not answer.is_success:
                    self._judge(answer, await _body(answer), context.clock)
                await _body(answer)
        except httpx.RequestError as error:
            why = literal(str(error)) or "no answer"
            raise RequestFailed(f"POST {self._shown}: {type(error).__name__}: {why}") from error

    def _judge(self, answer: httpx.Response, body: bytes, clock: Clock) -> NoReturn:
        """Raise what an answer other than 2xx means."""
        status = answer.status_code
        words = f"POST {self._shown} answered {_named(status)}"
        if 300 <= status < 400:
            where = literal(answer.headers.get("location", "nowhere"), EXCERPT)
            raise Permanent(f"{words} to {where}: redirects are not followed, set that URL")
        words += _excerpt(answer, body)
        if status not in _TRANSIENT and status < 500:
            raise Permanent(words)
        seconds = retry_after(answer.headers.get("retry-after", ""), clock)
        if seconds is None:
            raise RequestFailed(words)
        raise RetryAfter(seconds, words)


def request_headers(task: Task, context: TaskContext) -> dict[str, str]:
    """Return what is sent with a task beside its JSON."""
    return {
        "content-type": "application/json",
        ATTEMPT_HEADER: str(context.attempt),
        KEY_HEADER: idempotency_key(task.task_id, context.replays),
        **trace_context(context.headers),
    }


def idempotency_key(task_id: str, replays: int) -> str:
    """Return what names one life of a task: the same in all its attempts, new in each replay.

    A replay is a new request: an API that remembers the answer of a key would refuse it again.
    """
    safe = quote(task_id, safe="", errors="surrogatepass")
    if len(safe) > _LONGEST_KEY:
        safe = hashlib.sha256(task_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{safe}:{replays}" if replays else safe


def retry_after(text: str, clock: Clock) -> float | None:
    """Return the seconds that a `Retry-After` asks for, an hour at most.

    None where it is missing, not to be read, or already over: then the usual backoff holds.
    """
    text = text.strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    else:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - clock.now()).total_seconds()
    return min(seconds, LONGEST_RETRY_AFTER) if seconds > 0 else None


def shown_url(url: str) -> str:
    """Return a URL as an error may show it: without credentials and without its query."""
    parts = httpx.URL(url)
    port = f":{parts.port}" if parts.port is not None else ""
    host = f"[{parts.host}]" if ":" in parts.host else parts.host
    return literal(f"{parts.scheme}://{host}{port}{parts.path}", EXCERPT)


def _check(target: Target) -> None:
    try:
        url = httpx.URL(target.url)
        httpx.Headers(dict(target.headers))
    except (httpx.InvalidURL, UnicodeEncodeError) as error:
        raise HandlerSetupError(f"{literal(target.url)}: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise HandlerSetupError(
            f"{literal(target.url)!r} is no URL to post to: it needs http:// or https:// and a host"
        )


async def _body(answer: httpx.Response) -> bytes:
    """Return the start of the body; one that stays away changes nothing, the status is known."""
    found = bytearray()
    with contextlib.suppress(httpx.RequestError, TimeoutError, httpx.StreamError):
        async with asyncio.timeout(BODY_TIMEOUT):
            async for piece in answer.aiter_raw():
                found += piece
                if len(found) >= MOST_BODY:
                    break
    return bytes(found)


def _excerpt(answer: httpx.Response, body: bytes) -> str:
    if answer.headers.get("content-encoding", "identity") != "identity":
        return ""
    text = " ".join(body[: 4 * EXCERPT].decode("utf-8", "replace").split())
    return f": {literal(text, EXCERPT)}" if text else ""


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
