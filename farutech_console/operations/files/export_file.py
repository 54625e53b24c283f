"""Dead letters into a file, which is there only once it is whole."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO

from farutech_console.operations.errors import OperationError
from farutech_console.operations.files.transfer import Format, export_letters
from farutech_console.operations.letters.selection import ScanProgress, Selection, no_progress
from farutech_console.operations.queue import Queue


class FileError(OperationError):
    """The file cannot be written; the text says why."""


class FileThereError(FileError):
    """There is a file of this name already, and nobody said to write over it."""


async def export_to_file(
    queue: Queue,
    selection: Selection,
    form: Format,
    target: Path,
    *,
    replace: bool = False,
    progress: Callable[[ScanProgress], None] = no_progress,
) -> int:
    """Write the letters of a selection to a file, and return how many; cancelled it leaves none.

    Raises:
        FileThereError: there is one, and it is not to be replaced.
        FileError: it cannot be written.
        JetStreamError: the server was away for too long; there is no file.
    """
    matched = 0

    def follow(now: ScanProgress) -> None:
        nonlocal matched
        matched = now.matched
        progress(now)

    with whole_file(target, replace=replace) as file:
        async with aclosing(export_letters(queue, selection, form, follow)) as parts:
            async for part in parts:
                await asyncio.to_thread(file.write, part)
    return matched


@contextlib.contextmanager
def whole_file(target: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """Open what is written to; the file is there only once it is whole, and for nobody else.

    What is no file, a device or a pipe, is written to as it is; a link stays one.

    Raises:
        FileThereError: there is one, and it is not to be replaced.
        FileError: it cannot be written.
    """
    if target.is_dir():
        raise FileError(f"{target} is a directory")
    if not replace and target.exists():
        raise FileThereError(f"{target} is there already")
    plain = not target.exists() or target.is_file()
    try:
        with _replacing(target.resolve(), replace=replace) if plain else target.open("wb") as file:
            yield file
    except FileExistsError as error:
        raise FileThereError(f"{target} came meanwhile") from error
    except OSError as error:
        raise FileError(f"{target} cannot be written: {error.strerror}") from error


@contextlib.contextmanager
def _replacing(target: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """Open a file beside the target, which it becomes at the end; unasked it replaces none."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        if not replace:
            target.open("xb").close()
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
