"""`dlq edit` with the operator's own editor, at a terminal."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.support.commands import CONSOLE
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, Queue, queue
from tests.support.terminal import in_terminal

QUESTION = "with this task? [y/N]"
AGAIN = "Open it again?"
MENDS = 'sed -i.before s/production/staging/ "$1"'
BREAKS_THEN_MENDS = f"""
if [ -e "$0.opened" ]; then cp "$0.opened" "$1"; {MENDS}
else cp "$1" "$0.opened"; echo '{{"task_id": }}' > "$1"; fi
"""


def editor(where: Path, does: str) -> str:
    """An editor that does this to its file, which it is given as its argument."""
    script = where / "an editor"
    script.write_text(f"#!/bin/sh\n{does}\n")
    script.chmod(0o755)
    return f"'{script}'"


async def edited(q: Queue, program: str, *answers: tuple[str, str]) -> tuple[int, str]:
    """Edit the one letter there is, giving answers to what is waited for."""
    (kept,) = await q.bury_many(1)
    env = {name: value for name, value in os.environ.items() if name != "VISUAL"}
    env |= {"NATS_URL": q.server.url, "EDITOR": program}

    def operate() -> tuple[int, str]:
        command = (str(CONSOLE), "dlq", "edit", str(kept))
        with in_terminal(command, env, 120, 50) as (terminal, process):
            for question, answer in answers:
                terminal.wait_for(question)
                terminal.send(f"{answer}\r")
            return terminal.wait_for_end(process), terminal.text()

    return await asyncio.to_thread(operate)


async def environments(q: Queue) -> list[str]:
    return [task["payload"]["environment"] for task in await q.tasks()]


async def test_what_the_editor_made_of_it_is_shown_asked_for_and_sent(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    async with queue(nats_server) as q:
        code, shown = await edited(q, editor(tmp_path, MENDS), (QUESTION, "y"))
        assert code == 0
        assert '-    "environment": "production"' in shown
        assert '+    "environment": "staging"' in shown
        assert "1 planned, 1 replayed" in shown
        assert await environments(q) == ["staging"]


async def test_a_flag_of_the_editor_is_kept(nats_server: NatsServer, tmp_path: Path) -> None:
    async with queue(nats_server) as q:
        does = f'[ "$1" = --wait ] && shift && {MENDS}'
        code, _ = await edited(q, f"{editor(tmp_path, does)} --wait", (QUESTION, "y"))
        assert code == 0
        assert await environments(q) == ["staging"]


async def test_what_is_no_task_is_told_and_opened_again(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    async with queue(nats_server) as q:
        program = editor(tmp_path, BREAKS_THEN_MENDS)
        code, shown = await edited(q, program, (AGAIN, ""), (QUESTION, "y"))
        assert code == 0
        assert "This is no task" in shown
        assert 'line 1: {"task_id": }' in shown
        assert await environments(q) == ["staging"]


@pytest.mark.parametrize(
    ("does", "answers", "told", "code"),
    [
        (
            "true",
            (),
            "Nothing was changed. To send it as it is: farutech-console dlq replay --seq 1",
            130,
        ),
        ('echo no > "$1"', ((AGAIN, "n"),), "Nothing was changed", 130),
        (MENDS, ((QUESTION, "n"),), "Nothing was changed.", 130),
        (f"{MENDS}; exit 3", (), "an editor': Editing failed. Nothing was changed", 1),
        ("printf '\\377' > \"$1\"", (), "is no UTF-8 at byte 0. Nothing was changed", 1),
    ],
)
async def test_the_letter_stays_where_nothing_comes_of_it(
    nats_server: NatsServer,
    tmp_path: Path,
    does: str,
    answers: tuple[tuple[str, str], ...],
    told: str,
    code: int,
) -> None:
    async with queue(nats_server) as q:
        ended, shown = await edited(q, editor(tmp_path, does), *answers)
        assert (ended, told in shown.replace("\n", "")) == (code, True), shown
        assert "Traceback" not in shown
        assert await q.tasks() == []
        assert await q.counts(NAMES.dlq_stream) == {NAMES.dlq: 1}


async def test_an_editor_that_is_not_there_is_named(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        ended, shown = await edited(q, "/nowhere/editor")
        assert ended == 1
        assert "/nowhere/editor: Editing failed" in shown
        assert "set VISUAL or EDITOR" in " ".join(shown.split())
        assert "Traceback" not in shown
        assert await q.counts(NAMES.dlq_stream) == {NAMES.dlq: 1}
