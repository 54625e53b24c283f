"""Spanish of what every screen shows: keys, header, dialogs, runs, commands.

The glossary is in `es.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

COMMON: Mapping[str, str | tuple[str, str]] = {}
