"""docs/architecture.md names the folders that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("floor", ["worker/jetstream", "worker", "farutech_console/operations"])
def test_each_folder_has_its_place(floor: str) -> None:
    there = {path.parent.name for path in (ROOT / floor).glob("*/__init__.py")}
    assert there
    assert there <= set(re.findall(r"(\w+)/", DOCS))


def test_each_file_that_is_named_is_there() -> None:
    named = re.findall(r"`((?:jetstream|runtime|operations)/\S+?\.py)`", DOCS)
    assert len(named) > 5
    for name in named:
        package = "farutech_console" if name.startswith("operations") else "worker"
        assert (ROOT / package / name).is_file(), name
