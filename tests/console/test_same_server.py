"""Every command that a screen names reaches the server that is looked at, from any shell."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from farutech_console.operations.audit.log import AuditEntry
from farutech_console.tui.preferences import Preferences
from tests.console.driving import console, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_fleet import some_undo
from tests.console.scene_acts import deaf
from tests.console.test_audit import change, paused_backend
from worker.jetstream.errors import NotAllowedError

HERE = Preferences(reach=("--context", "orders eu"))
PROGRAM = "farutech-console --context 'orders eu'"


def changed(entry: AuditEntry) -> FixedBackend:
    return FixedBackend(changes=(entry,), undoable=some_undo())


@pytest.mark.parametrize(
    ("backend", "keys", "command"),
    [
        (FixedBackend(), ("3", "?90412", "x"), "dlq purge --seq 90412"),
        (changed(change("purge")), ("5", "?1 change", "u"), "dlq undo"),
        (paused_backend(changes=(change("pause"),)), ("5", "?1 change", "u"), "resume"),
        (
            changed(change("note", about="c4f1", details={"text": "it is up"})),
            ("5", "?1 change", "u"),
            "dlq note c4f1 --delete",
        ),
        (FixedBackend(), ("2", "s"), "stuck recover --to dlq"),
        (deaf(), ("2", "?may not listen"), "doctor"),
        (FixedBackend(failure=NotAllowedError("no")), ("1", "?may not look"), "doctor"),
    ],
)
async def test_a_command_reaches_the_same_server(
    backend: FixedBackend, keys: Sequence[str], command: str
) -> None:
    async with console(backend, size=(160, 48), preferences=HERE) as pilot:
        for key in keys:
            await (sees(pilot, key[1:]) if key.startswith("?") else pilot.press(key))
        await sees(pilot, f"{PROGRAM} {command}")
