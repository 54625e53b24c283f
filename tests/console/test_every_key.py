"""Every key of the one table does on a real server what it is there for."""

from __future__ import annotations

import pytest

from farutech_console.tui.keys import KEYS, Key
from tests.console.driving import live_console
from tests.console.every_key.stage import SCENARIOS, Stage, empties
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, queue


def test_every_key_has_a_scenario_and_every_scenario_a_key() -> None:
    keys = {(key.where, key.action) for key in KEYS}
    assert set(SCENARIOS) == keys, "tests/console/every_key/__init__.py says how to write one down"


@pytest.mark.parametrize("key", KEYS, ids=lambda key: f"{key.where} {key.shown} {key.action}")
async def test_key(shared_nats: NatsServer, key: Key) -> None:
    async with queue(shared_nats) as q:
        await empties(q)
        async with live_console(shared_nats) as pilot:
            await Stage(pilot, q).sees("● live")
            for name in key.keys.split(","):
                await SCENARIOS[key.where, key.action](Stage(pilot, q), name)


async def test_a_read_only_console_writes_by_no_key(shared_nats: NatsServer) -> None:
    async with queue(shared_nats) as q:
        await empties(q)
        async with live_console(shared_nats, read_only=True) as pilot:
            stage = Stage(pilot, q)
            await stage.buries(2)
            before = await q.counts(q.layout.dead_letters.name), await q.counts(NAMES.stream)
            for key in KEYS:
                if key.writes:
                    await stage.go(key.where)
                    for name in key.keys.split(","):
                        await stage.press(name)
                    await pilot.pause()
                    assert len(stage.app.screen_stack) == 1, f"{key.shown} opened something"
            after = await q.counts(q.layout.dead_letters.name), await q.counts(NAMES.stream)
            assert after == before
