"""Who we are to the server, and what we may do, as it tells its own client (2.9 and newer)."""

from __future__ import annotations

import json
from typing import Any

from worker.jetstream.connect.connection import Connection
from worker.jetstream.connect.gather import gather_answers

USER_INFO = "$SYS.REQ.USER.INFO"


async def user_info(connection: Connection, within: float = 1.0) -> dict[str, Any] | None:
    """Return `user`, `account` and `permissions`, None where the server does not tell.

    Permissions that are not limited are missing or null.

    Raises:
        UnreachableError: no server is connected.
    """
    for _, data in await gather_answers(connection, USER_INFO, within=within, quiet=0.05):
        try:
            answer = json.loads(data)
        except (ValueError, RecursionError):
            continue
        said = answer.get("data") if isinstance(answer, dict) else None
        if isinstance(said, dict):
            return said
    return None
