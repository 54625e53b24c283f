"""Spanish of the room of the dead letters; the glossary is in `es.py`."""

from __future__ import annotations

from collections.abc import Mapping

DLQ: Mapping[str, str | tuple[str, str]] = {}
