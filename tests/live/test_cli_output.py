"""What a command does when what it writes to, or reads from, is no plain file."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.support.commands import CONSOLE, console
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, queue


async def ended(server: NatsServer, words: tuple[str, ...], stdout: int) -> tuple[int, bytes]:
    """Run a command with this standard output, which is closed; return exit code and stderr."""
    process = await asyncio.create_subprocess_exec(
        CONSOLE,
        *words,
        env=dict(os.environ, NATS_URL=server.url),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=stdout,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(stdout)
    _, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, err


async def test_who_stops_reading_ends_it_without_a_traceback(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(200)
        nobody, stdout = os.pipe()
        os.close(nobody)
        words = ("dlq", "replay", "--all", "--yes", "--json", "--rate", "50/s")
        code, err = await ended(nats_server, words, stdout)
        assert code == 1
        assert b"Traceback" not in err
        [entry] = (await console("audit", "--json", server=nats_server)).lines
        assert entry["state"] == "stopped"
        assert entry["outcomes"] == {"replayed": (await q.counts())[NAMES.tasks]}


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no /dev/full")
async def test_a_full_disk_is_told_without_a_traceback(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(2)
        for words in (
            ("dlq", "list"),
            ("dlq", "list", "--json"),
            ("dlq", "export", "--all"),
            ("completion", "bash"),
        ):
            code, err = await ended(nats_server, words, os.open("/dev/full", os.O_WRONLY))
            assert code == 1
            assert err == b"Output or a file failed: No space left on device.\n"
        code, err = await ended(nats_server, ("check",), os.open("/dev/full", os.O_WRONLY))
        assert code == 3
        assert b"Traceback" not in err


async def test_an_import_takes_a_pipe(nats_server: NatsServer, tmp_path: Path) -> None:
    async with queue(nats_server) as q:
        await q.bury_many(2)
        exported = await console("dlq", "export", "--all", server=nats_server)
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        writing = asyncio.to_thread(pipe.write_text, exported.out)
        words = ("dlq", "import", str(pipe), "--yes", "--json")
        _, said = await asyncio.gather(writing, console(*words, server=nats_server))
        assert [line["outcome"] for line in said.lines[:-1]] == ["already"] * 2
