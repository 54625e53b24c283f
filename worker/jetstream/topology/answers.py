"""The server's own answers on streams and consumers, whole: for those who send them back."""

from __future__ import annotations

from typing import Any

from worker.jetstream.api import Api
from worker.jetstream.errors import STREAM_NOT_FOUND, ApiError


async def find_raw_stream(api: Api, stream: str, subjects: str = "") -> dict[str, Any] | None:
    """Return the answer on a stream, None where there is none.

    With `subjects` its state has the number of messages under each subject that matches.
    """
    body = {"subjects_filter": subjects} if subjects else None
    try:
        return await api.request(f"STREAM.INFO.{stream}", body)
    except ApiError as error:
        if error.err_code == STREAM_NOT_FOUND:
            return None
        raise


async def raw_consumers(api: Api, stream: str) -> list[dict[str, Any]]:
    """Return the answer on every consumer of a stream."""
    found: list[dict[str, Any]] = []
    while True:
        answer = await api.request(f"CONSUMER.LIST.{stream}", {"offset": len(found)})
        page = answer.get("consumers") or []
        found += page
        if not page or len(found) >= answer.get("total", 0):
            return found
