"""What became of replayed tasks, told by events of which many name a sequence and no task."""

from __future__ import annotations

import pytest

from farutech_console.operations.model import TaskEvent
from farutech_console.tui.common.aftermath import Aftermath
from tests.console.moment import NOW, ago


@pytest.mark.parametrize("early", [False, True], ids=["outcome-first", "settled-first"])
def test_a_task_that_is_gone_before_its_id_is_read_is_known_by_its_sequence(*, early: bool) -> None:
    aftermath = Aftermath((), ago(60))
    settled = [
        TaskEvent(NOW, "succeeded", 16_002),
        TaskEvent(NOW, "succeeded", 16_004),
        TaskEvent(NOW, "succeeded", 99),
    ]

    if early:
        aftermath.hear(settled)
    aftermath.sent("one", 16_002)
    aftermath.sent("two", 16_004)
    aftermath.sent("three", 16_006)
    if not early:
        aftermath.hear(settled)

    assert aftermath.counts() == {"succeeded": 2, "unheard": 1}
    assert aftermath.fate("two") == ("succeeded", "")


def test_a_task_that_is_being_retried_is_known_by_its_sequence() -> None:
    aftermath = Aftermath((), ago(60))
    aftermath.sent("one", 16_002)

    aftermath.hear([TaskEvent(NOW, "retrying", 16_002, attempt=1, delay=10.0)])

    assert aftermath.counts() == {"running": 1}


def test_a_task_that_died_stays_dead_when_its_message_is_settled() -> None:
    aftermath = Aftermath((), ago(60))
    aftermath.sent("one", 16_002)

    aftermath.hear([TaskEvent(NOW, "dead_lettered", 16_002, 5, "one", detail="refused")])
    aftermath.hear([TaskEvent(NOW, "succeeded", 16_002, 5, "one")])

    assert aftermath.counts() == {"dead": 1}
    assert aftermath.fate("one") == ("dead", "refused")


def test_each_letter_of_a_task_has_an_end_of_its_own() -> None:
    aftermath = Aftermath(("one",), ago(60))
    aftermath.sent("one", 2)
    aftermath.sent("one", 4)

    aftermath.hear([TaskEvent(NOW, "succeeded", 2)])
    assert aftermath.counts() == {"succeeded": 1, "unheard": 1}

    aftermath.hear([TaskEvent(NOW, "dead_lettered", 4, 5, "one", detail="refused")])
    assert aftermath.counts() == {"succeeded": 1, "dead": 1}


def test_the_dead_are_those_that_were_sent_by_this_run() -> None:
    aftermath = Aftermath(("one", "two", "three"), ago(60))
    aftermath.sent("one")
    aftermath.sent("two")

    aftermath.hear(TaskEvent(NOW, "dead_lettered", 0, 5, task) for task in ("one", "three"))
    aftermath.hear([TaskEvent(NOW, "succeeded", 0, 5, "two")])

    assert aftermath.dead() == ["one"]
