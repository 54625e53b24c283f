"""The demo's live system: server, worker and traffic, each a process of its own."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from farutech_console.demo.processes import running
from farutech_console.demo.server import nats_server
from farutech_console.language import msg

BACKOFF_SCALE = 0.05
NOTICE = msg("demo: backoff runs at 1/20 of the real schedule")
WORKER_FLAGS = (
    *("--worker-id", "worker-demo-01"),
    *("--backoff-scale", str(BACKOFF_SCALE)),
    *("--http", "off"),
    *("--handler", "simulate"),
    *("--sim-transient", "provision=0.2,update=0.1"),
    *("--sim-outage", "0.05"),
    *("--sim-permanent", "0.03"),
    "--heal-on-replay",
)


@dataclass(frozen=True, slots=True)
class DemoStack:
    """A running demo: the server's URL and the folder that goes with it."""

    url: str
    directory: Path


@contextlib.contextmanager
def demo_stack(seed: int | None = None) -> Iterator[DemoStack]:
    """Run server, worker and traffic until the block ends, then leave no process and no file.

    `seed` decides what the traffic is; None takes another each time.

    Raises:
        NoServerError: no nats-server could be found or started.
    """
    with (
        tempfile.TemporaryDirectory(prefix="farutech-demo-", ignore_cleanup_errors=True) as name,
        contextlib.ExitStack() as parts,
    ):
        directory = Path(name)
        url = parts.enter_context(nats_server(directory))
        worker = _module("worker", "run", "--server", url, *WORKER_FLAGS)
        parts.enter_context(running(worker, directory / "worker.log"))
        traffic_seed = Random().getrandbits(32) if seed is None else seed
        traffic = _module("farutech_console.demo.traffic", url, str(traffic_seed))
        parts.enter_context(running(traffic, directory / "traffic.log"))
        yield DemoStack(url, directory)


def _module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", name, *arguments]
