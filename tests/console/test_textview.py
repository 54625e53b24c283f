"""Long text is all there: nothing of it is under the scrollbar, or laid out too narrow."""

from __future__ import annotations

from farutech_console.tui.common.textview import TextView
from tests.console.driving import console, eventually, screen_text, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_letters import letter, some_letters


async def test_no_character_is_hidden_by_the_scrollbar() -> None:
    error = "".join(f"{number:04d}" for number in range(95))
    payload = {"rows": list(range(60))}
    body = {"task": {"task_id": "t", "payload": payload}, "error": error}
    async with console(FixedBackend(letters=[letter(7, body)]), room="3") as pilot:
        await sees(pilot, "Dead letters · 1")
        await pilot.press("enter")
        await sees(pilot, "Letter 7")
        view = pilot.app.screen.query_one("#letter", TextView)
        await eventually(pilot, lambda: view.show_vertical_scrollbar, "it scrolls")
        await sees(pilot, error[-4:])
        shown = "".join(line.strip(" │▁▂▃▄▅▆▇█") for line in screen_text(pilot).splitlines())
        assert error in shown


async def test_a_name_longer_than_a_line_is_all_there_and_so_is_its_value() -> None:
    name = "".join(f"{number:04d}" for number in range(80))
    body = {"task": {"task_id": "t", "payload": {name: "its value"}}, "error": "e"}
    async with console(FixedBackend(letters=[letter(7, body)]), room="3") as pilot:
        await sees(pilot, "Dead letters · 1")
        await pilot.press("enter")
        await sees(pilot, "Letter 7")
        await pilot.press("end")
        await sees(pilot, '    "its value"')
        shown = "".join(line.strip(" │▁▂▃▄▅▆▇█") for line in screen_text(pilot).splitlines())
        assert name in shown


async def test_a_plan_is_as_high_as_its_text_from_its_first_frame() -> None:
    async with console(FixedBackend(letters=some_letters(5)), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("r")
        await sees(pilot, "Replay 1 dead letter")
        view = pilot.app.screen.query_one("#plan", TextView)
        assert len(view.lines) <= view.size.height <= len(view.lines) + 1
        await sees(pilot, "provisioning.tasks, then each letter is deleted")
