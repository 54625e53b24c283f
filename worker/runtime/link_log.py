"""The connection in the log: each thing once, and what goes on for long ever more rarely."""

from __future__ import annotations

import re
from collections import Counter

from structlog.typing import FilteringBoundLogger

from worker.model.link import LinkChange
from worker.telemetry.logging import is_told


class LinkLog:
    """Tells of one connection.

    While no server is to be had that is told again after 2, 4, 8, ... tries; likewise what the
    server does not permit.
    """

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log
        self._last_error = ""
        self._times: Counter[str] = Counter()

    def __call__(self, change: LinkChange) -> None:
        """Tell of a change; a listener for `connect`."""
        log = self._log
        match change.event:
            case "connected":
                log.info("nats.connected", server=change.detail)
            case "reconnected":
                log.info("nats.reconnected")
            case "disconnected":
                log.warning("nats.disconnected")
            case "trying":
                say = log.debug if change.attempt else log.info
                say("nats.trying", server=change.detail, attempt=change.attempt + 1)
            case "error":
                self._error(change)
            case "closed":
                log.debug("nats.closed")

    def _error(self, change: LinkChange) -> None:
        if change.attempt:
            is_new = change.detail != self._last_error or is_told(change.attempt)
            self._last_error = change.detail
            say = self._log.warning if is_new else self._log.debug
            say("nats.unreachable", why=change.detail, attempts=change.attempt)
            return
        kind = _kind(change.detail)
        self._times[kind] += 1
        if is_told(self._times[kind]):
            self._log.warning("nats.error", why=change.detail, times=self._times[kind])


def _kind(error: str) -> str:
    """Return an error without the last token of its subject: that may be another each time."""
    return re.sub(r"\.[^.\"]*\"", ".*", error)
