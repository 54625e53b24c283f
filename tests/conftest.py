"""Real nats-server processes for tests, each ended whatever happens.

Fixtures:
    nats_server: One server with JetStream for one test.
    shared_nats: One server with JetStream for all tests of a module.
    server_versions: As nats_server, once for each version that is supported.
    start_nats: A function that starts further servers, with configurations of their own.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import hypothesis
import pytest

from tests.support.nats_server import NatsServer
from tests.support.server_versions import (
    Unavailable,
    find_binary,
    installed_version,
    older_versions,
)

# A noisy machine makes single examples slow; pytest's timeout bounds them all.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

# No test depends on the language of the machine it runs on, nor do the programs it starts.
os.environ["LC_ALL"] = "C.UTF-8"
os.environ.pop("FARUTECH_LANG", None)

VERSIONS = [
    installed_version(),
    *(pytest.param(version, marks=pytest.mark.older_server) for version in older_versions()),
]


class StartNats(Protocol):
    """Starts a server: its name, its top-level configuration, its jetstream block."""

    def __call__(
        self,
        name: str = ...,
        *,
        config: str = ...,
        jetstream: str | None = ...,
        binary: Path | None = ...,
    ) -> NatsServer:
        """Start it; the fixture ends it."""


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A server with JetStream for this test alone, at liberty to be killed."""
    with NatsServer(tmp_path / "nats") as server:
        yield server


@pytest.fixture(scope="module")
def shared_nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A server with JetStream for all tests of the module: use streams of your own, leave it up."""
    with NatsServer(tmp_path_factory.mktemp("shared-nats")) as server:
        yield server


@pytest.fixture(params=VERSIONS)
def server_versions(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NatsServer]:
    """A server of each supported version; skipped, with the reason, where one cannot be fetched."""
    binary = find_binary(request.param)
    if isinstance(binary, Unavailable):
        pytest.skip(binary.reason)
    with NatsServer(tmp_path / "nats", binary=binary) as server:
        yield server


@pytest.fixture
def start_nats(tmp_path: Path) -> Iterator[StartNats]:
    """Start servers with configurations of their own; all of them end with the test."""
    with ExitStack() as running:

        def start(
            name: str = "test",
            *,
            config: str = "",
            jetstream: str | None = "",
            binary: Path | None = None,
        ) -> NatsServer:
            server = NatsServer(
                tmp_path / name, name=name, config=config, jetstream=jetstream, binary=binary
            )
            return running.enter_context(server)

        yield start


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of each server's log beneath a failure."""
    report = yield
    if report.failed:
        for name, value in getattr(item, "funcargs", {}).items():
            if isinstance(value, NatsServer):
                report.sections.append((f"nats-server log of {name}", value.log[-4000:]))
    return report
