"""The built-in handler `exec`: each task is given to a program, and its exit code decides.

0: done. 75 (`EX_TEMPFAIL`): to be tried again. Anything else, a signal too: as configured.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from worker.handlers.context import TaskContext
from worker.handlers.errors import Permanent
from worker.handlers.registry import HandlerSetupError, Registry
from worker.model.task import Task, encode_task
from worker.model.text import literal
from worker.model.trace_context import trace_context

TEMPORARY = 75
KEPT = 2000
"""Bytes of the end of standard error that are kept."""
AT_ONCE = 16
"""Pieces read before others have the event loop."""
EXCERPT = 500
"""Characters of it that an error shows."""
LONGEST_VALUE = 1000
"""Columns of an environment variable made from a task; standard input has all of it."""

Other = Literal["permanent", "transient"]


class ProgramFailed(Exception):  # noqa: N818 - it is raised for what may pass
    """The program asks to be run again, or could not be run."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program and its arguments; no shell reads them.

    `other` is what an exit code other than 0 and 75 means. `patience` is how many seconds the
    program gets between SIGTERM and SIGKILL.
    """

    command: tuple[str, ...]
    other: Other
    patience: float = 3.0


def running(program: Program) -> Registry:
    """Return a registry that takes tasks of every type.

    Raises:
        HandlerSetupError: the program is not there or may not be run, or this is Windows.
    """
    if os.name != "posix":
        raise HandlerSetupError("programs can be run on POSIX systems only: use http, or Python")
    if not program.command or shutil.which(program.command[0]) is None:
        name = literal(program.command[0]) if program.command else "(none)"
        raise HandlerSetupError(f"there is no program {name} that may be run")
    return Registry({}, any_other=ExecHandler(program))


class ExecHandler:
    """Runs a program for each task, in a process group of its own."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._name = literal(Path(program.command[0]).name)
        self._ending: set[asyncio.Task[int]] = set()

    async def __call__(self, task: Task, context: TaskContext) -> None:
        """Run the program with the task, its `attempt` set to the true one, on standard input.

        Its standard output is thrown away. Where the attempt is given up, by its deadline or by
        the worker, the program and all that it started get SIGTERM and, in the end, SIGKILL.

        Raises:
            Permanent: the exit code says that trying again cannot help.
            ProgramFailed: the exit code says that it can, or the program could not be started.
        """
        with _input(encode_task(task.with_attempt(context.attempt))) as stdin, _Tail() as tail:
            process = await self._start(stdin, tail, variables(task, context))
            try:
                code = await process.wait()
            except asyncio.CancelledError:
                await self._end(process)
                raise
            tail.read()
            self._judge(code, tail.text)

    async def _start(
        self, stdin: IO[bytes], tail: _Tail, environment: Mapping[str, str]
    ) -> asyncio.subprocess.Process:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._program.command,
                stdin=stdin,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=tail.write_end,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        except OSError as error:
            raise ProgramFailed(f"{self._name} cannot be started: {error.strerror}") from error
        tail.follow()
        return process

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """End the process group; a second cancellation ends it at once."""
        ended = asyncio.create_task(process.wait())
        self._ending.add(ended)
        ended.add_done_callback(self._ending.discard)
        _signal_group(process, signal.SIGTERM)
        try:
            await asyncio.wait((ended,), timeout=self._program.patience)
        finally:
            # Also where the program itself is gone: what it started may not be.
            _signal_group(process, signal.SIGKILL)
        await asyncio.wait((ended,))

    def _judge(self, code: int, said: str) -> None:
        if code == 0:
            return
        ended = f"exited with {code}" if code > 0 else f"was ended by {_signal_name(-code)}"
        words = f"{self._name} {ended}" + (f": {said}" if said else "")
        if code != TEMPORARY and self._program.other == "permanent":
            raise Permanent(words)
        raise ProgramFailed(words)


def variables(task: Task, context: TaskContext) -> dict[str, str]:
    """Return the environment variables that tell a program of its task."""
    values = {
        "FARUTECH_TASK_ID": task.task_id,
        "FARUTECH_TENANT_ID": task.tenant_id,
        "FARUTECH_TASK_TYPE": task.task_type,
        "FARUTECH_MODULE_ID": task.module_id,
        "FARUTECH_ATTEMPT": str(context.attempt),
        "FARUTECH_ATTEMPTS_ALLOWED": str(context.attempts_allowed),
        "FARUTECH_REPLAYS": str(context.replays),
        "FARUTECH_WORKER_ID": context.worker_id,
        "FARUTECH_SECONDS_LEFT": f"{context.remaining:.0f}",
    }
    trace = {name.upper(): value for name, value in trace_context(context.headers).items()}
    # No variable can hold a NUL, and none may be large: all of them share one limit.
    return {name: literal(value, LONGEST_VALUE) for name, value in values.items()} | trace


class _Tail:
    """The read end of a pipe of which only the end is kept.

    Not asyncio's own: there `wait` would not return while a grandchild holds the pipe open.
    """

    def __enter__(self) -> _Tail:
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._kept = b""
        self._loop = asyncio.get_running_loop()
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.remove_reader(self._read_end)
        os.close(self._read_end)
        self._close_write_end()

    @property
    def text(self) -> str:
        """What was said last, on one line."""
        said = self._kept.decode("utf-8", "replace").strip()
        shown = literal(said)
        return shown if len(shown) <= EXCERPT else f"…{shown[1 - EXCERPT :]}"

    def follow(self) -> None:
        """Read whatever comes; the write end is the program's alone from now on."""
        self._close_write_end()
        self._loop.add_reader(self._read_end, self.read)

    def read(self) -> None:
        """Take what there is now."""
        with contextlib.suppress(BlockingIOError):
            for _ in range(AT_ONCE):
                piece = os.read(self._read_end, 65536)
                if not piece:
                    self._loop.remove_reader(self._read_end)
                    return
                self._kept = (self._kept + piece)[-KEPT:]

    def _close_write_end(self) -> None:
        if self.write_end >= 0:
            os.close(self.write_end)
            self.write_end = -1


@contextlib.contextmanager
def _input(data: bytes) -> Iterator[IO[bytes]]:
    """Return a nameless file that holds `data`: a program that never reads it blocks nobody."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        yield file


def _signal_group(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
