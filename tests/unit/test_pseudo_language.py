"""What is shown by the parts that every screen has is spoken: no English word slips past `tr`.

The language of these tests has a Greek letter for every Latin one. It takes as many cells as
English does, and a word that was never looked up stands out, also where a line is cut or joined.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import get_args

import pytest

from farutech_console import language
from farutech_console.operations.changes.plan import command_line
from farutech_console.operations.letters.selection import Selection
from farutech_console.operations.model import LinkState, Outcome
from farutech_console.operations.pace.pacing import Pacing
from farutech_console.operations.pace.reasons import Kind, Reason
from farutech_console.tui.common.aftermath import Aftermath
from farutech_console.tui.common.header import Place, header_line
from farutech_console.tui.common.help import CALLING, NAMING, help_lines
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.outcomes import OUTCOME_WORDS, outcome_lines
from farutech_console.tui.common.preview import preview, question
from farutech_console.tui.common.progress import Progress, progress_lines
from farutech_console.tui.common.spans import Line, text_of
from farutech_console.tui.keys import KEYS, ROOM_NAMES, Where
from farutech_console.tui.preferences import Call, Preferences
from tests.console.fixed import FixedBackend
from tests.console.moment import NOW
from tests.console.pseudo import UNITS, Pseudo, words
from worker.model.names import QueueNames

NAMES = QueueNames()


@pytest.fixture(autouse=True)
def _pseudo() -> Iterator[None]:
    language.use_catalogue(Pseudo())
    yield
    language.use("en")


def _english(lines: list[Line], data: set[str]) -> set[str]:
    """Return the words in Latin letters that are neither data nor units."""
    return words("\n".join(text_of(spans) for spans in lines)) - data - UNITS


@pytest.mark.parametrize("room", ROOM_NAMES)
@pytest.mark.parametrize("read_only", [True, False])
def test_help(room: Where, *, read_only: bool) -> None:
    for call in get_args(Call):
        lines = help_lines(room, Preferences(call=call, call_stuck=1), read_only=read_only)
        assert _english(lines, words(NAMING, *CALLING, *(key.shown for key in KEYS))) == set()


@pytest.mark.parametrize("kind", ["replay", "purge"])
async def test_plan(kind: str) -> None:
    backend = FixedBackend()
    plan = await (backend.plan_replay(None) if kind == "replay" else backend.plan_purge(None))
    plan = replace(plan, replayed_before=3, expiring=2, consumer_note="", target="")
    command = command_line(plan.kind, NAMES, Selection(), Pacing())
    data = words(command, plan.command, plan.stream, *plan.tenants, *plan.task_types)
    data |= words(*plan.task_ids, "seq")
    assert (
        _english([*preview(plan, NOW), *preview(replace(plan, sequences=()), NOW)], data) == set()
    )
    assert words(question(plan)) == set()


async def test_run_and_outcomes() -> None:
    plan = await FixedBackend().plan_replay(None)
    counts = dict.fromkeys(OUTCOME_WORDS, 2)
    fates = dict.fromkeys(("succeeded", "dead", "stuck", "running", "unheard"), 1)
    shown = [
        Progress(plan, counts, 3.0, 4.0, ended=ended, held=held, failure=failure, fates=fates)  # type: ignore[arg-type]
        for ended, held, failure in ((False, False, ""), (False, True, ""), (True, False, "1"))
    ]
    reasons = [Reason(kind, 1, 2, 0.3, 4, "5") for kind in get_args(Kind)]
    shown += [replace(shown[-1], reason=reason) for reason in reasons]
    lines = chain.from_iterable(progress_lines(one, width) for one in shown for width in (80, 300))
    assert _english(list(lines), set()) == set()
    outcomes = [Outcome(number, "", kind) for number, kind in enumerate(OUTCOME_WORDS)]
    assert _english(outcome_lines(outcomes, Aftermath((), NOW)), set()) == set()
    assert _english(outcome_lines([], Aftermath((), NOW)), set()) == set()


def test_header() -> None:
    up, down = LinkState(True, NOW), LinkState(False, NOW, "", "", 3)
    status = FixedBackend().status_now
    states = [
        Live(up),
        Live(up, failure="1"),
        Live(up, status),
        Live(up, status, failure="1"),
        Live(down),
        Live(down, status),
        Live(LinkState(False, NOW)),
    ]
    place = Place("PROVISIONING", read_only=True)
    lines = [header_line(live, NOW, place, 160) for live in states]
    assert _english(lines, words(place.stream, status.server.name)) == set()
