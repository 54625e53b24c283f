"""Editing, exporting, noting and marking in the dead letters' room."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from farutech_console.operations.audit.notes import Note
from farutech_console.operations.causes.causes import cause_of
from farutech_console.operations.letters.selection import Selection
from farutech_console.tui.common.spans import line
from farutech_console.tui.dlq import opened
from farutech_console.tui.dlq.detail import body_parts
from farutech_console.tui.dlq.editing import Editor
from farutech_console.tui.dlq.exporting import Export
from farutech_console.tui.dlq.letterview import LetterView
from farutech_console.tui.dlq.noting import cause_words
from farutech_console.tui.dlq.pane import LetterPane
from farutech_console.tui.dlq.parts import Part
from tests.console.driving import console, does_not_see, eventually, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_fleet import some_story, some_undo
from tests.console.fixed_letters import letter, some_letters
from tests.console.moment import NOW
from tests.console.test_hostile import hostile
from worker.model.dead_letter import StoredDeadLetter

BIG = (110, 40)


async def editor(pilot: Pilot[None]) -> TextArea:
    await sees(pilot, "90412")
    await pilot.press("e")
    await eventually(pilot, lambda: isinstance(pilot.app.screen, Editor), "the editor is open")
    return pilot.app.screen.query_one(TextArea)


async def test_an_edit_is_previewed_with_what_was_changed_and_then_goes() -> None:
    backend = FixedBackend()
    async with console(backend, size=BIG, room="3") as pilot:
        area = await editor(pilot)
        await sees(pilot, "a task, as it died")
        area.text = area.text.replace("erp-finance", "erp-sales")
        await sees(pilot, "a task, changed")
        await pilot.press("ctrl+s")
        await sees(pilot, '-  "module_id": "erp-finance"')
        await sees(pilot, '+  "module_id": "erp-sales"')
        await sees(pilot, "farutech-console dlq edit 90412")
        assert len(backend.letters) == 40
        await pilot.press("right", "enter")
        await sees(pilot, "Letter 90412, edited: replayed")
    assert len(backend.letters) == 39


async def test_what_is_no_task_does_not_go_and_the_cursor_is_put_where_it_is_wrong() -> None:
    async with console(FixedBackend(), size=BIG, room="3") as pilot:
        area = await editor(pilot)
        area.text = '{\n  "task_id": "x",\n  oops\n}'
        await sees(pilot, "line 3, column 3:")
        await pilot.press("ctrl+s")
        await eventually(pilot, lambda: area.cursor_location == (2, 2), "the cursor is there")
        assert isinstance(pilot.app.screen, Editor)


async def test_an_edit_that_changes_nothing_does_not_go() -> None:
    async with console(FixedBackend(), size=BIG, room="3") as pilot:
        await editor(pilot)
        await pilot.press("ctrl+s")
        await sees(pilot, "Nothing was changed yet")


async def test_esc_throws_changes_away_only_when_pressed_twice() -> None:
    async with console(FixedBackend(), room="3") as pilot:
        await editor(pilot)
        await pilot.press("x", "escape")
        await sees(pilot, "esc once more throws your changes away")
        await pilot.press("escape")
        await does_not_see(pilot, "Edit the task")


async def test_from_the_preview_one_comes_back_to_what_was_typed() -> None:
    async with console(FixedBackend(), size=BIG, room="3") as pilot:
        area = await editor(pilot)
        area.text = area.text.replace("erp-finance", "erp-sales")
        await pilot.press("ctrl+s")
        await sees(pilot, "Replay letter 90412 with this task")
        await pilot.press("escape")
        await eventually(pilot, lambda: isinstance(pilot.app.screen, Editor), "it is open again")
        assert "erp-sales" in pilot.app.screen.query_one(TextArea).text


async def test_hostile_text_is_escaped_in_the_editor() -> None:
    bad = "a\u202eb\x9b31mred \u200b"
    backend = FixedBackend(letters=[letter(1001, hostile(bad))])
    async with console(backend, size=BIG, room="3") as pilot:
        await sees(pilot, "1001")
        await pilot.press("e")
        await eventually(pilot, lambda: isinstance(pilot.app.screen, Editor), "it is open")
        text = pilot.app.screen.query_one(TextArea).text
        assert r"a\u202eb\u009b31mred \u200b" in text
        assert not {"\u202e", "\x9b", "\u200b"} & set(text)


async def exporting(pilot: Pilot[None], file: Path, *keys: str) -> None:
    await sees(pilot, "90412")
    await pilot.press(*keys, "w")
    await eventually(pilot, lambda: isinstance(pilot.app.screen, Export), "it asks for a file")
    field = pilot.app.screen.query_one("#file", Input)
    assert field.value == "dead-letters-20261124-024107.jsonl"
    field.value = str(file)


async def test_a_file_that_is_there_is_not_written_over_unasked(tmp_path: Path) -> None:
    file = tmp_path / "letters.jsonl"
    file.write_text("precious")
    async with console(FixedBackend(), size=BIG, room="3") as pilot:
        await exporting(pilot, file, "space", "space")
        await pilot.press("enter")
        await sees(pilot, "is there already")
        assert file.read_text() == "precious"
        await pilot.click("#over")
        await sees(pilot, "2 exported to")
    assert file.read_text() == "jsonl 90412\njsonl 90409\n"


async def test_the_other_form_and_all_that_match_but_one(tmp_path: Path) -> None:
    file = tmp_path / "letters.jsonl"
    async with console(FixedBackend(), size=BIG, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("slash", *"tenant:acme-corp-2", "enter")
        await sees(pilot, "10 with")
        await pilot.press("a", "j", "space", "w")
        await eventually(pilot, lambda: isinstance(pilot.app.screen, Export), "it asks")
        pilot.app.screen.query_one("#file", Input).value = str(file)
        await pilot.press("ctrl+t")
        await sees(pilot, "● CSV")
        await pilot.press("enter")
        await sees(pilot, "9 exported to")
    assert len((tmp_path / "letters.csv").read_text().splitlines()) == 9
    assert not file.exists()


async def test_a_cancelled_export_leaves_no_file(tmp_path: Path) -> None:
    backend = FixedBackend(gate=asyncio.Event())
    async with console(backend, size=BIG, room="3") as pilot:
        await exporting(pilot, tmp_path / "letters.jsonl", "a")
        await pilot.press("enter")
        await sees(pilot, "40/40")
        await pilot.press("escape")
        await does_not_see(pilot, "Export dead letters")
        await eventually(pilot, lambda: not list(tmp_path.iterdir()), "there is no file")


async def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    async with console(FixedBackend(), size=BIG, room="3") as pilot:
        await exporting(pilot, tmp_path / "nowhere" / "letters.jsonl")
        await pilot.press("enter")
        await sees(pilot, "cannot be written: No such file or directory")


async def test_a_note_is_written_shown_to_the_next_and_taken_away() -> None:
    backend = FixedBackend()
    async with console(backend, size=BIG, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("n")
        await sees(pilot, "Everybody sees it beside the cause")
        await pilot.press(*"ask-the-DBA", "ctrl+s")
        await sees(pilot, "Noted.")
        await pilot.press("n")
        await sees(pilot, "by anna@laptop")
        await sees(pilot, "ask-the-DBA")
        await pilot.press("ctrl+u", "ctrl+s")
        await sees(pilot, "The note is gone.")
    assert [note.text for note in backend.written_notes.values()] == [""]


async def test_a_range_is_marked_from_the_last_mark() -> None:
    backend = FixedBackend(letters=some_letters(9))
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("j", "space", "j", "j", "V")
        await sees(pilot, "● 4 marked")
        await pilot.press("k", "k", "space")
        await sees(pilot, "● 3 marked")
        await pilot.press("shift+down", "shift+down")
        await sees(pilot, "● 4 marked")


async def test_a_range_also_marks_again_what_was_left_out_of_all() -> None:
    backend = FixedBackend(letters=some_letters(9))
    async with console(backend, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("a", "space", "space", "space")
        await sees(pilot, "● 6 marked")
        await pilot.press("home", "V")
        await sees(pilot, "● 9 marked")


async def test_the_last_purge_is_undone_from_where_it_was_done() -> None:
    async with console(FixedBackend(undoable=some_undo()), size=BIG, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("u")
        await sees(pilot, "under new sequences")
        await pilot.press("right", "enter")
        await sees(pilot, "restored")


@pytest.mark.parametrize("key", ["e", "u", "n"])
async def test_a_read_only_console_neither_shows_nor_does_it(key: str) -> None:
    backend = FixedBackend(read_only=True, undoable=some_undo())
    async with console(backend, size=(160, 40), room="3") as pilot:
        await sees(pilot, "w export")
        await does_not_see(pilot, "edit")
        await pilot.press(key)
        await pilot.pause()
        assert len(pilot.app.screen_stack) == 1


async def test_letters_are_sorted_and_a_range_is_that_of_the_screen() -> None:
    backend = FixedBackend(letters=some_letters(9))
    async with console(backend, size=BIG, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("colon", *"sort tenant", "enter")
        await sees(pilot, "by tenant ▲")
        await sees(pilot, "tenant▲")
        await pilot.press("space", "j", "V")
        await sees(pilot, "● 3 marked")
        await pilot.press("r")
        await sees(pilot, "acme-corp-0 (3)")
        await pilot.press("escape", "colon", *"sort nonsense", "enter")
        await sees(pilot, "sort takes one of seq, died")


async def test_a_letter_is_folded_its_values_copied_and_its_secrets_hidden() -> None:
    body = {
        "task": {
            "task_id": "t1",
            "tenant_id": "acme",
            "payload": {"plan": "gold", "apiKey": "hunter2"},
        },
        "error": "no way to postgres://app:hunter2@db/x",
    }
    async with console(FixedBackend(letters=[letter(7, body)]), size=BIG, room="3") as pilot:
        await sees(pilot, "acme")
        await pilot.press("enter")
        await sees(pilot, '"apiKey": "••••••"')
        await does_not_see(pilot, "hunter2")
        view = pilot.app.screen.query_one(LetterView)
        await pilot.press("G", "k", "k", "y")
        await sees(pilot, "Copied: gold")
        await pilot.press("space")
        await does_not_see(pilot, "gold")
        assert view.under_cursor is not None
        await pilot.press("space", "m")
        await sees(pilot, '"apiKey": "hunter2"')
        await sees(pilot, "postgres://app:hunter2@db/x")
        await pilot.press("m")
        await does_not_see(pilot, "hunter2")


async def test_secrets_of_a_large_letter_hold_up_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()

    def slow(stored: StoredDeadLetter, *, secrets: bool = False) -> list[Part]:
        assert not secrets or goes_on.wait(30)
        return body_parts(stored, secrets=secrets)

    monkeypatch.setattr(opened, "body_parts", slow)
    payload = {"apiKey": "hunter2", "rows": [{"n": n} for n in range(4_000)]}
    large = {"task": {"task_id": "t1", "tenant_id": "acme", "payload": payload}, "error": "no"}
    async with console(FixedBackend(letters=[letter(7, large)]), size=BIG, room="3") as pilot:
        await sees(pilot, "acme")
        await pilot.press("enter")
        await sees(pilot, '"apiKey": "••••••"')
        view = pilot.app.screen.query_one(LetterView)
        at = view._cursor
        await pilot.press("m", "j", "j")
        assert view._cursor == at + 2
        await pilot.press("m")
        await sees(pilot, "Secrets are hidden.")
        goes_on.set()
        await does_not_see(pilot, "hunter2")
        await pilot.press("m")
        await sees(pilot, '"apiKey": "hunter2"')
        assert view._cursor == at + 2


async def test_a_letter_that_is_slow_to_come_does_not_lend_its_name_to_the_one_before() -> None:
    backend = FixedBackend()
    async with console(backend, room="3", size=(160, 48)) as pilot:
        await sees(pilot, "Letter 90412")
        backend.letter_gate = asyncio.Event()
        await pilot.press("j")
        pane = pilot.app.screen.query_one(LetterPane)
        await eventually(pilot, lambda: pane.sequence == 90_409, "the next letter is asked for")
        assert pane.stored is not None
        assert (pane.stored.sequence, pane.border_title) == (90_412, "Letter 90412")
        backend.letter_gate.set()
        await sees(pilot, "Letter 90409")
        assert pane.stored.sequence == 90_409


async def test_the_cursor_stays_on_its_line_when_others_come_above_it() -> None:
    async with console(FixedBackend(), size=BIG, room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("enter")
        await sees(pilot, "production")
        view = pilot.app.screen.query_one(LetterView)
        parts = [Part(line(text)) for text in ("a", "x", "b", "x", "c")]
        view.show_parts(parts, from_top=True)
        view._go(3)
        new = Part(line("new"))
        view.show_parts([new, *parts])
        assert view._cursor == 4
        view.show_parts([new])
        assert view.under_cursor == new


async def test_the_history_and_the_note_are_told_in_an_open_letter() -> None:
    first = some_letters(1)[0]
    story = some_story(first.task_id)
    cause = cause_of(first.error_type, first.error).key
    backend = FixedBackend(
        letters=[first],
        stories={first.task_id: story},
        written_notes={cause: Note(cause, "call the DBA", "ben", NOW)},
    )
    async with console(backend, size=(120, 60), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("enter")
        await sees(pilot, "call the DBA")
        await pilot.press("G")
        await sees(pilot, "history")
        await sees(pilot, story.steps[-1].kind.replace("_", " "))


async def test_the_causes_stand_beside_the_table_and_choose_its_letters() -> None:
    async with console(FixedBackend(), size=(160, 48), room="3") as pilot:
        await sees(pilot, "Causes · 3")
        await pilot.press("c", "j", "enter")
        await sees(pilot, "with cause:")
        await pilot.press("escape", "escape")
        await does_not_see(pilot, "with cause:")


async def test_a_note_is_told_beside_its_cause_where_all_causes_are_counted() -> None:
    async with console(FixedBackend(), size=(80, 24), room="3") as pilot:
        await sees(pilot, "90412")
        await pilot.press("c")
        await sees(pilot, "n note")
        await does_not_see(pilot, "✎")
        await pilot.press("n")
        await sees(pilot, "Everybody sees it beside the cause")
        await pilot.press(*"ask-the-DBA", "ctrl+s")
        await sees(pilot, "✎ written")
        await sees(pilot, "ask-the-DBA")
        await pilot.press("escape", "c")
        await sees(pilot, "ask-the-DBA")


async def test_a_cause_is_copied_where_the_cursor_is_on_one() -> None:
    backend = FixedBackend()
    first = (await backend.groups(Selection())).groups[0]
    async with console(backend, size=(160, 48), room="3") as pilot:
        await sees(pilot, "Causes · 3")
        await pilot.press("c", "y")
        await sees(pilot, "Copied")
        assert pilot.app.clipboard == cause_words(first.cause)
        pilot.app.copy_to_clipboard("")
        await pilot.press("colon", *"causes", "enter")
        await sees(pilot, "y copies")
        await pilot.press("y")
        assert pilot.app.clipboard == cause_words(first.cause)


async def test_a_wrong_filter_after_the_command_is_mended_where_filters_are_typed() -> None:
    async with console(FixedBackend(), size=(80, 24), room="1") as pilot:
        await pilot.press("colon", *"filter tenannt:acme-1", "enter")
        await sees(pilot, "did you mean tenant?")
        await pilot.press("home", *["right"] * 4, "delete", "enter")
        await sees(pilot, "with tenant:acme-1")
