"""The console on a real nats-server: the whole path, and what happens when the server goes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from textual.pilot import Pilot

from farutech_console.operations.live.overhearing import Overhearing
from tests.console.driving import (
    app_of,
    does_not_see,
    eventually,
    live_console,
    screen_text,
    sees,
)
from tests.support.nats_server import NatsServer
from tests.support.queues import LayoutKind, letter, queue, sample_lines, task
from tests.support.worker_queue import publish
from tests.support.workers import worker_process

FLAGS = ("--backoff-scale", "0.01", "--sim-outage", "1", "--heal-on-replay")
SLOWLY = ("--sim-duration", "0.4-0.5")
"""Long enough for the task's name to be read before the task is done and gone."""


@pytest.mark.parametrize("kind", ["fresh", "go"])
async def test_from_publish_to_dead_letter_to_replay_to_done(
    nats_server: NatsServer, kind: LayoutKind, tmp_path: Path
) -> None:
    async with queue(nats_server, kind) as q, live_console(nats_server) as pilot:
        with worker_process(nats_server, tmp_path / "worker.log", *FLAGS, *SLOWLY):
            await sees(pilot, "● live")
            await sees(pilot, "● All is well")
            await pilot.press("2")
            await publish(q, task(1, attempt=1))
            await sees(pilot, "+ published")
            await sees(pilot, "↻ retrying")
            await sees(pilot, "✖ dead letter")
            await pilot.press("3")
            await sees(pilot, "Dead letters · 1")
            await sees(pilot, "task-1")
            await pilot.press("r")
            await sees(pilot, "Replay 1 dead letter")
            await sees(pilot, "provisioning.tasks, then each letter is deleted")
            await pilot.press("right", "enter")
            await sees(pilot, "● 1 replayed")
            await sees(pilot, "● 1 succeeded")
            await sees(pilot, "● No dead letters")
            await pilot.press("o")
            await sees(pilot, "what became of each letter")
            await pilot.press("escape", "2")
            await sees(pilot, "● succeeded")
            await eventually(pilot, lambda: _pending(pilot) == 0, "nothing is left to do")
        assert await q.tasks() == []
        assert (await q.counts(q.layout.dead_letters.name)).get("provisioning.dlq", 0) == 0


def _pending(pilot: Pilot[None]) -> int | None:
    """What the console says that is pending or in flight."""
    live = app_of(pilot).live
    consumer = live.status.consumer if live and live.status else None
    return consumer.pending + consumer.ack_pending if consumer else None


async def test_a_canary_that_did_well_does_not_let_all_the_others_die_again(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    async with queue(nats_server) as q, live_console(nats_server) as pilot:
        await q.bury(letter(0))
        for number in range(1, 200):
            await q.bury(letter(number, task=task(number, task_type="migrate")))
        await sees(pilot, "● live")
        await pilot.press("3")
        await sees(pilot, "Dead letters · 200")
        with worker_process(nats_server, tmp_path / "worker.log", "--sim-duration", "0.01-0.02"):
            await pilot.press("a", "R")
            await sees(pilot, "Replay 200 dead letters")
            await pilot.press("right", "enter")
            await sees(pilot, "● 1 succeeded")
            await sees(pilot, "replayed came back dead, more than 20 %")
            await sees(pilot, "not reached")
    run = app_of(pilot)._run
    assert run is not None
    assert run.progress.not_reached > 100


async def test_purge_takes_what_was_confirmed_and_leaves_the_rest(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q, live_console(nats_server) as pilot:
        kept = await q.bury_many(5)
        await sees(pilot, "● live")
        await pilot.press("3")
        await sees(pilot, "Dead letters · 5")
        await pilot.press("space", "space", "x")
        await sees(pilot, "Purge 2 dead letters")
        await q.bury(letter(77))
        await pilot.press("right", "enter")
        await sees(pilot, "● 2 purged")
        await sees(pilot, "Dead letters · 4")
        await sees(pilot, "task-77")
        await does_not_see(pilot, "task-4")
        assert (await q.counts(q.layout.dead_letters.name))["provisioning.dlq"] == 4
        assert kept


async def test_a_pause_and_a_note_are_taken_back(nats_server: NatsServer) -> None:
    async with queue(nats_server), live_console(nats_server) as pilot:
        await sees(pilot, "● live")
        backend = app_of(pilot)._backend
        await backend.note("c4f1c4f1", "first")
        await backend.note("c4f1c4f1", "second")
        await backend.pause(600, "maintenance")
        await pilot.press("5")
        await sees(pilot, "3 changes")
        await eventually(pilot, lambda: _paused(pilot), "the poll tells of the pause")
        await pilot.press("u")
        await sees(pilot, "maintenance")
        await pilot.press("right", "enter")
        await eventually(pilot, lambda: not _paused(pilot), "deliveries go on")
        await sees(pilot, "4 changes")
        await pilot.press("j", "u")
        await sees(pilot, "Write the note from before")
        await pilot.press("right", "enter")
        await sees(pilot, "The note is as it was.")
        assert (await backend.notes())["c4f1c4f1"].text == "first"


def _paused(pilot: Pilot[None]) -> bool:
    live = app_of(pilot).live
    return bool(live and live.status and live.status.consumer and live.status.consumer.paused)


async def test_the_go_fleets_letters_are_read(nats_server: NatsServer) -> None:
    async with queue(nats_server, "go") as q, live_console(nats_server) as pilot:
        for line in sample_lines("go-dead-letters.jsonl"):
            await q.bury(line)
        await pilot.press("3")
        await sees(pilot, "Dead letters · 4")
        await sees(pilot, "unknown task type: bogus")
        await sees(pilot, "expires")
        await pilot.press("G", "enter")
        await sees(pilot, "worker-go-01")
        await sees(pilot, '"features": [')


async def test_the_loss_is_told_within_two_seconds_and_all_comes_back(
    nats_server: NatsServer,
) -> None:
    async with queue(nats_server) as q, live_console(nats_server) as pilot:
        await q.bury_many(3)
        await pilot.press("3")
        await sees(pilot, "Dead letters · 3")
        began = time.monotonic()
        nats_server.kill()
        await sees(pilot, "server gone")
        assert time.monotonic() - began < 2.0
        await sees(pilot, "attempt")
        assert "task-0" in screen_text(pilot)
        assert pilot.app.screen.has_class("-stale")
        nats_server.start()
        await sees(pilot, "● live")
        await eventually(pilot, lambda: not pilot.app.screen.has_class("-stale"), "it is fresh")


async def test_a_server_that_freezes_is_told_and_its_data_is_stale(
    nats_server: NatsServer,
) -> None:
    async with queue(nats_server), live_console(nats_server) as pilot:
        await sees(pilot, "● live")
        began = time.monotonic()
        nats_server.pause()
        await does_not_see(pilot, "● live")
        # Long before the client itself would notice, at its second unanswered ping.
        assert time.monotonic() - began < 10.0
        await eventually(pilot, lambda: pilot.app.screen.has_class("-stale"), "it is stale")
        await sees(pilot, "pending")
        nats_server.resume()
        await sees(pilot, "● live")


async def test_without_a_server_it_waits_and_connects_by_itself(tmp_path: Path) -> None:
    server = NatsServer(tmp_path / "nats")
    with server:
        server.stop()
        async with live_console(server) as pilot:
            await sees(pilot, "✖ No NATS server answers")
            await sees(pilot, "nats-server -js")
            await pilot.press("3")
            await sees(pilot, "There is no connection")
            await pilot.press("1")
            server.start()
            await sees(pilot, "The server answers, but")
            await sees(pilot, "farutech-worker topology apply")
            async with queue(server):
                await sees(pilot, "● live")
                await sees(pilot, "● All is well")


async def test_a_server_without_jetstream_is_told(tmp_path: Path) -> None:
    with NatsServer(tmp_path / "nats", jetstream=None) as server:
        async with live_console(server) as pilot:
            await sees(pilot, "JetStream")
            await does_not_see(pilot, "No NATS server answers")


async def test_a_feed_that_dies_is_shown_and_the_figures_go_on(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def listen(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Overhearing, "listen", listen)
    async with queue(nats_server) as q, live_console(nats_server) as pilot:
        await sees(pilot, "✖ the live feed died (ZeroDivisionError): restart")
        await q.bury(letter(1))
        await sees(pilot, "1 dead letter")
        await pilot.press("3")
        await sees(pilot, "task-1")
        await does_not_see(pilot, "server gone")
