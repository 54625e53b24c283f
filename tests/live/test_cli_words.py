"""What commands say to people where there is little to say, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from farutech_console.operations.live.backend import LiveBackend
from farutech_console.operations.model import Plan
from tests.support.commands import invoked
from tests.support.nats_server import NatsServer
from tests.support.queues import letter, queue
from worker.jetstream.errors import UncertainError


async def test_show_has_the_task_to_be_read_and_where_its_story_is(
    nats_server: NatsServer,
) -> None:
    async with queue(nats_server) as q:
        sequence = await q.bury(letter(1))
        said = await invoked("dlq", "show", str(sequence), server=nats_server)
    lines = [line.partition(" ")[2].strip() for line in said.out.splitlines()]
    assert '"environment": "production"' in lines
    assert "farutech-console task task-1" in lines


async def test_show_has_the_message_that_was_no_task(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        sequence = await q.bury(letter(1, task={}, raw="bm8gdGFzawD/"))
        said = await invoked("dlq", "show", str(sequence), server=nats_server)
    (message,) = [line for line in said.out.splitlines() if line.startswith("message")]
    assert "no task" in message
    assert "\\xff" in message
    assert "\x00" not in said.out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("audit c0ffee", 1, "No change on record has an id that begins with c0ffee."),
        ("audit --by nobody", 0, "No change on record matches."),
        ("audit", 0, "No changes are on record."),
        ("events", 0, "No event that is kept matches; --follow shows what happens"),
        ("dlq replay error:refused --yes", 0, "error:~refused looks for a part of it"),
        ("dlq purge tenant:nobody --dry-run", 0, "None of 1 dead letters matches."),
        ("dlq note nosuch text", 1, "'nosuch' is no key of a cause: farutech-console dlq groups"),
        ("dlq replay --seq 99 --yes", 1, "1 planned, 1 failed"),
    ],
)
async def test_nothing_is_told_as_what_it_is(
    nats_server: NatsServer, words: str, code: int, told: str
) -> None:
    async with queue(nats_server) as q:
        await q.bury(letter(1))
        said = await invoked(*words.split(), server=nats_server)
    assert (said.code, told in said.err) == (code, True), said
    assert "not a task" not in said.out


@pytest.mark.parametrize("words", ["pause 5m", "resume", "stuck list", "stuck recover --yes"])
async def test_where_there_is_no_queue_that_is_told(nats_server: NatsServer, words: str) -> None:
    said = await invoked(*words.split(), server=nats_server)
    audit = await invoked("audit", server=nats_server)
    assert (said.code, said.out) == (1, "")
    assert "start a worker, it creates" in said.err
    assert "err_code" not in said.err
    assert audit.err == "No changes are on record.\n"


async def test_a_file_that_no_import_takes_is_told_once(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    file = str(tmp_path / "letters.csv")
    async with queue(nats_server) as q:
        await q.bury_many(3)
        export = ("dlq", "export", "--all", "--format", "csv", "--output", file)
        await invoked(*export, server=nats_server)
        said = await invoked("dlq", "import", file, "--yes", server=nats_server)
        audit = await invoked("audit", server=nats_server)
    assert (said.code, said.out) == (1, "")
    assert f"There is no letter in {file}" in said.err
    assert "its csv is for people" in said.err
    assert audit.err == "No changes are on record.\n"


@pytest.mark.parametrize(
    "words", ["dlq replay --all --yes", "dlq purge --all --yes", "stuck recover --yes"]
)
async def test_read_only_refuses_before_anything_is_read(
    nats_server: NatsServer, words: str
) -> None:
    async with queue(nats_server) as q:
        await q.bury(letter(1))
        await q.api.request("STREAM.DELETE.PROVISIONING_DLQ")
        said = await invoked(*words.split(), server=nats_server, FARUTECH_READ_ONLY="1")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("This console is read-only: it refuses")


async def test_a_sequence_that_never_was_is_told_from_one_that_is_gone(
    nats_server: NatsServer,
) -> None:
    async with queue(nats_server) as q:
        kept = await q.bury_many(2)
        await invoked("dlq", "purge", "--seq", str(kept[0]), "--yes", server=nats_server)
        never = str(kept[-1] + 1)
        words = ("dlq", "replay", "--seq", str(kept[0]), "--seq", never, "--yes", "--json")
        said = await invoked(*words, server=nats_server)
        gone, not_yet, _ = said.lines
        assert (gone["outcome"], not_yet["outcome"], said.code) == ("already", "failed", 1)
        assert not_yet["detail"] == "no dead letter has had this sequence yet"
        shown = await invoked("dlq", "show", never, server=nats_server)
        assert f"the newest sequence is {kept[-1]}" in shown.err
        again = await invoked("dlq", "show", str(kept[0]), server=nats_server)
        assert "replayed, purged or expired" in again.err


async def test_an_undo_with_nothing_to_do_says_why(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(2)
        await invoked("dlq", "purge", "--all", "--yes", server=nats_server)
        await invoked("dlq", "undo", "--yes", server=nats_server)
        said = await invoked("dlq", "undo", "--yes", server=nats_server)
        assert (said.code, said.out) == (0, "")
        assert said.err == "Nothing to do: 2 dead letters of this purge came back before.\n"


async def test_where_no_plan_could_be_made_nothing_was_begun(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> Plan:
        raise UncertainError("STREAM.MSG.GET: no answer from the server")

    monkeypatch.setattr(LiveBackend, "plan_replay", fail)
    async with queue(nats_server) as q:
        await q.bury(letter(1))
        said = await invoked("dlq", "replay", "--all", "--yes", server=nats_server)
    assert said.code == 1
    assert said.err.splitlines() == [
        "The letters could not be read for a plan, so nothing was begun:",
        "STREAM.MSG.GET: no answer from the server.",
    ]
