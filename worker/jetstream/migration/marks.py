"""What a migration notes on the dead letters' stream, in its metadata, for whoever goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worker.jetstream.topology.layout import generation
from worker.model.clock import format_rfc3339, parse_rfc3339

MOVED = "farutech-moved"
PAUSED_UNTIL = "farutech-paused-until"


@dataclass(frozen=True, slots=True)
class Marks:
    """What was noted.

    All letters up to the sequence `upto` of the work queue's life `moved_from` lie in this stream,
    or were replayed or purged there: their originals count for nothing. `paused_until` is the
    pause that a migration set on the consumers.
    """

    moved_from: str = ""
    upto: int = 0
    paused_until: datetime | None = None


def read_marks(config: Mapping[str, Any]) -> Marks:
    """Return what is noted in a stream's configuration."""
    metadata = config.get("metadata") or {}
    moved_from, _, upto = str(metadata.get(MOVED, "")).partition(":")
    return Marks(
        moved_from=moved_from,
        upto=int(upto) if upto.isascii() and upto.isdigit() else 0,
        paused_until=parse_rfc3339(str(metadata.get(PAUSED_UNTIL, ""))),
    )


def moved_mark(config: Mapping[str, Any], created: str, upto: int) -> dict[str, str]:
    """Return the metadata that says: all letters up to `upto` of that work queue are here."""
    return {**(config.get("metadata") or {}), MOVED: f"{generation(created)}:{upto}"}


def paused_mark(config: Mapping[str, Any], until: datetime) -> dict[str, str]:
    """Return the metadata that says: this pause is a migration's."""
    return {**(config.get("metadata") or {}), PAUSED_UNTIL: format_rfc3339(until)}
