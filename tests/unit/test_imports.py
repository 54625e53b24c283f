"""Importing costs nothing and changes nothing, and the headless parts run without Textual."""

from __future__ import annotations

import importlib.util
import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Imports the modules it is given and tells what that did to the process.
PROBE = """
import importlib, json, logging, signal, sys, threading
held = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps({
    "loaded": sorted({name.partition(".")[0] for name in sys.modules}),
    "log handlers": len(logging.getLogger().handlers),
    "threads": threading.active_count(),
    "signals kept": held == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)),
}))
"""


def modules_of(package: str) -> Iterator[str]:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    yield package
    for module in pkgutil.walk_packages(spec.submodule_search_locations, f"{package}."):
        if not module.name.endswith("__main__"):
            yield module.name


def headless_modules() -> list[str]:
    return [
        *modules_of("worker"),
        *(
            name
            for name in modules_of("farutech_console")
            if not name.startswith("farutech_console.tui")
        ),
    ]


def probe(modules: list[str], folder: Path) -> dict[str, object]:
    run = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(modules)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, object] = json.loads(run.stdout)
    return found


def names(found: dict[str, object]) -> set[str]:
    loaded = found["loaded"]
    assert isinstance(loaded, list)
    return set(loaded)


def test_the_worker_loads_neither_the_console_nor_its_toolkit(tmp_path: Path) -> None:
    loaded = names(probe(list(modules_of("worker")), tmp_path))
    assert not loaded & {"farutech_console", "textual", "pytest"}


def test_the_commands_load_without_textual(tmp_path: Path) -> None:
    assert not names(probe(headless_modules(), tmp_path)) & {"textual", "pytest"}


def test_who_connects_plainly_loads_neither_cryptography_nor_web_sockets(tmp_path: Path) -> None:
    loaded = names(probe(["worker.jetstream.connect.connection"], tmp_path))
    assert not loaded & {"nkeys", "nacl", "aiohttp"}


@pytest.mark.parametrize("package", ["worker", "farutech_console"])
def test_importing_changes_nothing(package: str, tmp_path: Path) -> None:
    found = probe(list(modules_of(package)), tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert found["log handlers"] == 0
    assert found["threads"] == 1
    assert found["signals kept"] is True


@pytest.mark.parametrize("package", ["worker", "farutech_console"])
def test_packages_say_that_they_are_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
