"""The demo finds a server that is new enough, runs it, and leaves nothing."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

import pytest

from farutech_console.demo import server
from farutech_console.demo.processes import running
from tests.support.nats_server import installed_binary

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts stand for servers")


def _put_on_path(directory: Path, version: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    script = directory / "nats-server"
    script.write_text(f"#!/bin/sh\necho 'nats-server: v{version}'\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")
    return script


def test_a_server_on_path_is_taken_from_2_10_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = _put_on_path(tmp_path, "2.10.0", monkeypatch)
    assert server.find_binary() == script


def test_an_older_server_on_path_gives_way_to_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put_on_path(tmp_path, "2.9.25", monkeypatch)
    assert server.find_binary().parent == Path(sysconfig.get_path("scripts"))


def test_no_server_at_all_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(tmp_path))
    with pytest.raises(server.NoServerError, match=r"farutech-console\[demo\]"):
        server.find_binary()


def test_a_server_that_does_not_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "find_binary", lambda: Path(sys.executable))
    with pytest.raises(server.NoServerError, match="did not start"), server.nats_server(tmp_path):
        pass


def test_the_version_of_the_real_binary_is_read() -> None:
    assert server.binary_version(installed_binary()) >= server.OLDEST


def test_a_child_that_will_not_stop_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("farutech_console.demo.processes.STOP_SECONDS", 0.2)
    ready = tmp_path / "ready"
    stubborn = (
        "import pathlib, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"pathlib.Path({str(ready)!r}).touch(); signal.pause()"
    )
    with running([sys.executable, "-c", stubborn], tmp_path / "log") as process:
        while not ready.exists():
            assert process.poll() is None
    assert process.returncode == -9
