"""`dlq undo|export|import|edit|note` and `audit` as scripts use them: real process, real server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from farutech_console import cli
from tests.support.commands import Said, console
from tests.support.nats_server import NatsServer
from tests.support.queues import letter, queue

HOSTILE = "[/red][@click=app.quit]x[/]\x1b[31m\u202e"
OUTCOME_KEYS = ["sequence", "task_id", "outcome", "detail"]
LINE_KEYS = {"stream", "subject", "stored_at", "generation", "sequence", "headers", "body"}


def outcomes(said: Said) -> list[str]:
    *letters, summary = said.lines
    assert [list(line) for line in letters] == [OUTCOME_KEYS] * len(letters)
    assert summary["summary"]["planned"] == len(letters)
    return [line["outcome"] for line in letters]


@pytest.mark.slow
async def test_a_purge_is_undone_and_both_are_on_record(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(3)
        purged = await console(
            "dlq", "purge", "--all", "--yes", "--why", HOSTILE, "--json", server=nats_server
        )
        plan = await console("dlq", "undo", "--dry-run", "--json", server=nats_server)
        undone = await console("dlq", "undo", "--yes", "--json", server=nats_server)
        again = await console("dlq", "undo", "--yes", "--json", server=nats_server)
        listed = await console("dlq", "list", "--json", server=nats_server)
        audit = await console("audit", "--json", server=nats_server)
        table = await console("audit", server=nats_server)
        whole = await console("audit", audit.lines[1]["id"][:8], server=nats_server)
    assert outcomes(purged) == ["purged"] * 3
    assert (plan.lines[0]["count"], plan.lines[0]["why"]) == (3, HOSTILE)
    assert outcomes(undone) == ["restored"] * 3
    assert outcomes(again) == []
    assert len(listed.lines) == 3
    assert [line["action"] for line in audit.lines] == ["undo", "purge"]
    assert audit.lines[0]["details"] == {"of": audit.lines[1]["id"]}
    assert audit.lines[1]["why"] == HOSTILE
    for said in (table, whole):
        assert not set("\x00\x1b\u202e") & set(said.out + said.err)
    assert "3 purged" in table.out
    assert audit.lines[1]["id"] in whole.out


@pytest.mark.slow
async def test_what_was_exported_is_imported_once(nats_server: NatsServer, tmp_path: Path) -> None:
    file = tmp_path / "letters.jsonl"
    async with queue(nats_server) as q:
        await q.bury(letter(0))
        await q.bury(letter(1, error="disk full"))
        await q.bury(b"\xff")
        chosen = await console("dlq", "export", "error:~disk", server=nats_server)
        said = await console("dlq", "export", "--all", "--output", str(file), server=nats_server)
        csv = await console("dlq", "export", "--all", "--format", "csv", server=nats_server)
        await console("dlq", "purge", "--all", "--yes", server=nats_server)
        dry = await console("dlq", "import", str(file), "--dry-run", "--json", server=nats_server)
        first = await console("dlq", "import", str(file), "--yes", "--json", server=nats_server)
        again = await console("dlq", "import", str(file), "--yes", "--json", server=nats_server)
        listed = await console("dlq", "list", "--json", server=nats_server)
        file.write_bytes(file.read_bytes() + b"{}\n")
        wrong = await console("dlq", "import", str(file), "--yes", "--json", server=nats_server)
    (line,) = chosen.lines
    assert set(line) == LINE_KEYS
    assert json.loads(line["body"])["error"] == "disk full"
    assert "1 dead letter exported" in chosen.err
    assert (said.code, said.out, file.stat().st_mode & 0o777) == (0, "", 0o600)
    assert csv.out.splitlines()[0].startswith("sequence,died_at")
    assert (dry.lines[0]["count"], dry.lines[0]["wrong"]) == (3, 0)
    assert (first.code, outcomes(first)) == (0, ["restored"] * 3)
    assert (again.code, outcomes(again)) == (0, ["already"] * 3)
    assert len(listed.lines) == 3
    assert (wrong.code, outcomes(wrong).count("failed")) == (1, 1)


@pytest.mark.slow
async def test_a_letter_is_mended_from_a_file(nats_server: NatsServer, tmp_path: Path) -> None:
    file = tmp_path / "task.json"
    async with queue(nats_server) as q:
        await q.bury_many(1)
        file.write_text('{\n "task_id": "t-1",\n "task_type": }')
        wrong = await console("dlq", "edit", "1", "--file", str(file), "--yes", server=nats_server)
        file.write_text('{"task_id": "t-1", "task_type": "provision"}')
        words = ("--file", str(file), "--why", "typo", "--yes", "--json")
        done = await console("dlq", "edit", "1", *words, server=nats_server)
        gone = await console("dlq", "edit", "1", *words, server=nats_server)
        tasks = await q.tasks()
        nobody = await console("dlq", "edit", "1", server=nats_server)
        never = await console("dlq", "edit", "2", *words, server=nats_server)
    assert wrong.code == 1
    assert "line 3" in wrong.err
    assert outcomes(done) == ["replayed"]
    assert [task["task_id"] for task in tasks] == ["t-1"]
    assert (gone.code, nobody.code) == (1, 2)
    assert "no dead letter 1: it was replayed" in gone.err
    assert "no dead letter 2: the newest sequence is 1" in never.err


@pytest.mark.slow
async def test_a_note_is_shown_with_its_cause(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(2)
        (group,) = (await console("dlq", "groups", "--json", server=nats_server)).lines
        noted = await console("dlq", "note", group["cause"], HOSTILE, server=nats_server)
        (with_note,) = (await console("dlq", "groups", "--json", server=nats_server)).lines
        table = await console("dlq", "groups", server=nats_server)
        shown = await console("dlq", "note", "--json", server=nats_server)
        unknown = await console("dlq", "note", "no such", "x", server=nats_server)
    assert (group["note"], noted.code) == (None, 0)
    assert with_note["note"]["text"] == HOSTILE.strip()
    assert not set("\x00\x1b\u202e") & set(table.out + table.err)
    assert [list(line) for line in shown.lines] == [["cause", "text", "by", "at"]]
    assert unknown.code == 1


@pytest.mark.parametrize(
    "words",
    [
        ("dlq", "undo"),
        ("dlq", "import", "-"),
        ("dlq", "export"),
        ("dlq", "edit", "0"),
        ("dlq", "note", "c0ffee11", " "),
        ("dlq", "note", "--delete"),
        ("audit", "--action", "look"),
    ],
)
def test_mistakes_of_use_end_with_two(words: tuple[str, ...]) -> None:
    said = CliRunner().invoke(cli.console, words)
    assert (said.exit_code, said.stdout) == (2, "")
    assert said.exception is None or isinstance(said.exception, SystemExit)


async def test_read_only_refuses_and_says_how_not_to_be(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(1)
        said = await console("--read-only", "dlq", "undo", "--yes", server=nats_server)
    assert said.code == 1
    assert "FARUTECH_READ_ONLY" in said.err
