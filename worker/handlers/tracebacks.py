"""Tracebacks that may leave the host: files named as they are imported, not where they lie."""

from __future__ import annotations

import sys
from pathlib import Path
from traceback import TracebackException


def shareable_traceback(error: BaseException) -> str:
    """Return the traceback of `error` and of its causes, without paths of this machine.

    A file is named relative to the entry of `sys.path` it was found by, else by its last part.
    """
    told = TracebackException.from_exception(error)
    roots = _roots()
    seen: set[int] = set()
    unseen: list[TracebackException | None] = [told]
    while unseen:
        part = unseen.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        _rename_files(part, roots)
        unseen += [part.__cause__, part.__context__, *(part.exceptions or ())]
    return "".join(told.format())


def _rename_files(told: TracebackException, roots: list[Path]) -> None:
    # The source lines were read when this was made, so the names are free to change.
    for frame in told.stack:
        frame.filename = _shown(frame.filename, roots)
    if isinstance(getattr(told, "filename", None), str):  # of a SyntaxError
        told.filename = _shown(told.filename, roots)


def _roots() -> list[Path]:
    """Return the folders of `sys.path`, the innermost first."""
    folders = {Path(entry).absolute() for entry in sys.path}
    return sorted(folders, key=lambda folder: len(folder.parts), reverse=True)


def _shown(name: str, roots: list[Path]) -> str:
    path = Path(name)
    if not path.is_absolute():
        return name
    for root in roots:
        if path.is_relative_to(root):
            return str(path.relative_to(root))
    return path.name
