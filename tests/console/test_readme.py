"""The README's table of keys is the console's own."""

from __future__ import annotations

from pathlib import Path

from farutech_console.tui.keys import KEYS, TITLES

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_lists_every_key_as_the_console_does() -> None:
    _, _, below = README.read_text(encoding="utf-8").partition("## Keys")
    table, _, _ = below.partition("\n## ")
    rows = [line for line in table.splitlines() if line.startswith("| ")][2:]
    assert rows == [f"| {TITLES[key.where]} | `{key.shown}` | {key.help} |" for key in KEYS]
