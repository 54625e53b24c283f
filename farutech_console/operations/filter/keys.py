"""The keys of a filter, declared once: parser, completion, help and documents all read this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from farutech_console.operations.filter.syntax import Operator
from worker.model.dead_letter import REASONS

Kind = Literal["text", "choice", "number", "age", "time", "json"]
"""What a key's values are; `json` is whatever lies at a path of the payload."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key: what it is called, what it holds, and where a letter has it.

    `attribute` names the letter's attribute. A `pathed` key is followed by a dot and a path.
    """

    name: str
    kind: Kind
    attribute: str
    help: str
    example: str
    pathed: bool = False
    choices: tuple[str, ...] = ()

    @property
    def operators(self) -> tuple[Operator, ...]:
        """The operators that it takes."""
        return _OPERATORS[self.kind]


_OPERATORS: Mapping[Kind, tuple[Operator, ...]] = {
    "text": (":", "~"),
    "choice": (":", "~"),
    "number": (":", "<", "<=", ">", ">="),
    "age": ("<", "<=", ">", ">=", ":"),
    "time": ("<", "<=", ">", ">=", ":"),
    "json": (":", "~", "<", "<=", ">", ">="),
}

_ALL = (
    Key("tenant", "text", "tenant_id", "the tenant's id", "tenant:acme-*"),
    Key("type", "text", "task_type", "the task's type", "type:provision"),
    Key("module", "text", "module_id", "the module's id", "module:erp-finance"),
    Key("task", "text", "task_id", "the task's id", "task:7bea0a77-*"),
    Key("error", "text", "error", "why it died", "error:~timeout"),
    Key("cause", "text", "cause", "the key of its cause, as dlq groups shows", "cause:3f9a12c0de"),
    Key("error_type", "text", "error_type", "the error's class", "error_type:TimeoutError"),
    Key("reason", "choice", "reason", "why it was given up", "reason:stuck", choices=REASONS),
    Key("worker", "text", "worker_id", "the worker that gave it up", "worker:worker-001"),
    Key("attempts", "number", "attempts", "deliveries it had", "attempts>=5"),
    Key("replays", "number", "replays", "how often it was replayed before", "replays>0"),
    Key("age", "age", "died_at", "how long ago it died", "age>2h"),
    Key("died", "time", "died_at", "when it died, in UTC", "died<2026-11-24T02:41Z"),
    Key("expires", "age", "expires_at", "how long the server still keeps it", "expires<2h"),
    Key("seq", "number", "sequence", "its sequence in the stream", "seq:100..200"),
    Key("payload", "json", "payload", "what the task carries", "payload.plan:gold", pathed=True),
    Key("header", "text", "headers", "a header", "header.traceparent:*", pathed=True),
)
KEYS: Mapping[str, Key] = {key.name: key for key in _ALL}
