"""How long messages took from being sent to being handled, noted by whoever handles them."""

from __future__ import annotations

import atexit
import json
import os
import time
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LATENCIES = "BENCH_LATENCIES"
"""The environment variable with the file that gets the latencies, in seconds, as JSON."""

_latencies = array("d")


def note(task: Mapping[str, Any]) -> None:
    """Note the seconds since a task was sent, by the clock of this machine, where it says when."""
    sent = (task["payload"] or {}).get("sent_ns")
    if sent is not None:
        _latencies.append((time.time_ns() - sent) / 1e9)


def _write() -> None:
    if _latencies:
        Path(os.environ[LATENCIES]).write_text(json.dumps(_latencies.tolist()))


atexit.register(_write)
