"""A console served to browsers, in a process of its own, as an operator starts it.

Fixtures:
    serve: A function that starts one on the queue of a NATS server.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import NamedTuple, Protocol

import pytest

NOBODY = "nats://127.0.0.1:1"
STOP_SECONDS = 15.0


class Served(NamedTuple):
    """A console that is served: where, and by which process."""

    address: str
    process: subprocess.Popen[str]

    @property
    def origin(self) -> str:
        return "/".join(self.address.split("/")[:3])

    @property
    def socket(self) -> str:
        return f"ws{self.address.removeprefix('http')}ws?width=100&height=30"


class Serve(Protocol):
    def __call__(self, url: str = ..., env: Mapping[str, str] = ...) -> Served: ...


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as running:

        def start(url: str = NOBODY, env: Mapping[str, str] | None = None) -> Served:
            return running.enter_context(_Running(url, env or {}))

        yield start


class _Running:
    def __init__(self, url: str, env: Mapping[str, str]) -> None:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("NATS_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "farutech_console", "serve", "--port", "0"],
            env={**ours, "NATS_URL": url, **env},
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Served:
        assert self._process.stdout is not None
        return Served(self._process.stdout.readline().strip(), self._process)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
