"""What would hold an operator up is done while they touch nothing."""

from __future__ import annotations

import time

from farutech_console.tui.app import REST_S, ConsoleApp
from tests.console.driving import eventually, sees
from tests.console.fixed import FixedBackend
from tests.console.moment import StillClock


async def test_it_waits_until_no_key_and_no_mouse_was_touched_for_a_while() -> None:
    rested: list[float] = []
    app = ConsoleApp(FixedBackend(), StillClock())
    app.at_rest = lambda: rested.append(time.monotonic() - app.touched_at)
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "Overview")
        rested.clear()
        busy_until = time.monotonic() + 2.5 * REST_S
        while (pressing_at := time.monotonic()) < busy_until:
            await pilot.press("4", "1")
            by_key = app.touched_at
            assert by_key >= pressing_at
        await pilot.hover("RoomBar")
        touched_last = app.touched_at
        assert touched_last > by_key
        assert all(seconds > REST_S for seconds in rested)
        before = len(rested)
        await eventually(pilot, lambda: len(rested) > before, "it is done at rest")
        assert app.touched_at == touched_last
        assert rested[-1] > REST_S
