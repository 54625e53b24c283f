"""Spanish of workers and audit; the glossary is in `es.py`."""

from __future__ import annotations

from collections.abc import Mapping

ROOMS: Mapping[str, str | tuple[str, str]] = {}
