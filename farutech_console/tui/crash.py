"""What is left on the terminal after a crash: where it was, and nothing that anybody sent."""

from __future__ import annotations

import traceback
from pathlib import Path

ADVICE = "Nothing on the server was changed by this. Please report it with the lines above."


def report(error: BaseException) -> str:
    """Return the places an error went through, innermost last.

    Neither locals nor messages are in it: both may hold payloads and credentials.
    """
    lines = [f"farutech-console crashed: {type(error).__name__}"]
    for frame in traceback.extract_tb(error.__traceback__):
        path = "/".join(Path(frame.filename).parts[-3:])
        lines.append(f"  {path}:{frame.lineno} in {frame.name}")
    return "\n".join([*lines, ADVICE])
