"""Where the bytes of a message lie that is too large for its dead letter."""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import Self

from pydantic import BaseModel, ConfigDict


class RawObject(BaseModel):
    """Where the bytes of a message lie that are too large for its dead letter.

    `name` in the object store of bodies, `size` in bytes, `digest` as every object store writes it:
    `SHA-256=` and the hash in URL-safe base64. `headers` is how many of the bytes come before the
    message: its headers as a JSON object, where they did not fit into the letter either.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str
    size: int
    digest: str
    headers: int | None = None

    @classmethod
    def of(cls, name: str, data: bytes, headers: int | None = None) -> Self:
        """Return where `data` lies once it is stored under `name`."""
        return cls(name=name, size=len(data), digest=_digest(data), headers=headers)

    def is_of(self, data: bytes) -> bool:
        """Return whether these are the bytes that were stored."""
        return len(data) == self.size and _digest(data) == self.digest


def _digest(data: bytes) -> str:
    """Return the digest of an object's bytes."""
    return f"SHA-256={base64.urlsafe_b64encode(sha256(data).digest()).decode('ascii')}"
