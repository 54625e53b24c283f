"""W3C trace context in message headers: whose trace a task belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping

from worker.model.names import TRACEPARENT

TRACESTATE = "tracestate"

# Go's carriers write `Traceparent`: NATS headers keep the case that they were given.
_SPELLINGS = (TRACEPARENT, "Traceparent")
_STATE_SPELLINGS = (TRACESTATE, "Tracestate")
_PARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[!-~]{0,200})?"
)
_STATE = re.compile(r"[ -~\t]{1,512}")


def trace_context(headers: Mapping[str, str]) -> dict[str, str]:
    """Return `traceparent`, and `tracestate` where it is there, as they may be passed on.

    Empty where there is no `traceparent` or it is not one.
    """
    parent = _value(headers, _SPELLINGS)
    if not _PARENT.fullmatch(parent):
        return {}
    found = {TRACEPARENT: parent}
    state = _value(headers, _STATE_SPELLINGS)
    if _STATE.fullmatch(state):
        found[TRACESTATE] = state
    return found


def with_trace_context(headers: Mapping[str, str], context: Mapping[str, str]) -> dict[str, str]:
    """Return `headers` with another trace context in place of the one that they hold."""
    other = {*_SPELLINGS, *_STATE_SPELLINGS}
    return {name: value for name, value in headers.items() if name not in other} | dict(context)


def trace_id(headers: Mapping[str, str]) -> str:
    """Return the id of the trace that headers name, 32 hexadecimal digits; empty for none."""
    if not headers:
        return ""
    match = _PARENT.fullmatch(_value(headers, _SPELLINGS))
    return match[1] if match else ""


def _value(headers: Mapping[str, str], spellings: tuple[str, ...]) -> str:
    for name in spellings:
        if name in headers:
            return headers[name]
    return ""
