"""Spanish. Keys are the English texts, of numbered ones the plural; values of those are pairs."""

from __future__ import annotations

from collections.abc import Mapping

SPANISH: Mapping[str, str | tuple[str, str]] = {}
