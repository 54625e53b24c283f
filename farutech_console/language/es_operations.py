"""Spanish of the operations: units, verdicts, plans, stories, errors.

The glossary is in `es.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

OPERATIONS: Mapping[str, str | tuple[str, str]] = {}
