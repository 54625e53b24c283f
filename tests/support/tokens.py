"""What a token of an event's subject stands for."""

from __future__ import annotations

from urllib.parse import unquote


def task_id_of(token: str) -> str | None:
    """Return the task id that a subject token stands for, None where it is a hash or none."""
    if token.startswith(("~", "=breaker-")):
        return None
    return unquote(token, errors="surrogatepass")
