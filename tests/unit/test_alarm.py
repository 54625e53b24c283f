"""An operator is called when a threshold is crossed, and once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from farutech_console.operations.fleet.view import FleetView
from farutech_console.tui.common.alarm import Alarm, calls_in_words, desktop_notification
from farutech_console.tui.preferences import Preferences
from tests.console.fixed_fleet import some_workers
from tests.console.fixed_queue import some_status
from tests.console.moment import NOW

if TYPE_CHECKING:
    from farutech_console.operations.model import Part


def test_nothing_is_called_about_by_default() -> None:
    assert Alarm(Preferences(call_stuck=1)).heard(some_status(stuck=10_000)) == ""


def test_each_crossing_is_told_once_and_again_after_it_was_below() -> None:
    alarm = Alarm(Preferences(call="bell", call_dead_letters=40, call_stuck=5))
    few, many = some_status(stuck=0), some_status(stuck=7)
    assert alarm.heard(few) == "PROVISIONING: 40 dead letters"
    assert alarm.heard(few) == ""
    assert alarm.heard(many) == "PROVISIONING: 7 tasks stuck"
    assert alarm.heard(many) == ""
    assert alarm.heard(few) == ""
    assert alarm.heard(many) == "PROVISIONING: 7 tasks stuck"


def test_a_queue_without_consumer_or_dead_letters_rings_for_neither() -> None:
    alarm = Alarm(Preferences(call="bell", call_dead_letters=1, call_pending=1, call_stuck=1))
    assert alarm.heard(replace(some_status(), consumer=None, dead_letters=None, stuck=0)) == ""


def test_a_notification_carries_no_control_character_of_a_name() -> None:
    told = desktop_notification("PROV\x07\x1b]0;evil")
    assert told.startswith("\x1b]9;")
    assert told.count("\x1b") == 1
    assert told.count("\x07") == 1


def test_what_could_not_be_read_has_crossed_nothing() -> None:
    alarm = Alarm(Preferences(call="bell", call_dead_letters=1, call_pending=1, call_stuck=1))
    assert alarm.heard(some_status()) != ""
    unread: dict[Part, str] = {"dead_letters": "not ours", "consumer": "not ours"}
    blind = replace(some_status(), unread=unread, dead_letters=None, consumer=None, stuck=0)
    assert alarm.heard(blind) == ""
    assert alarm.heard(some_status()) == ""


def test_workers_that_fall_silent_are_told_once_the_fleet_was_looked_at() -> None:
    alarm = Alarm(Preferences(call="bell", call_silent=1))
    fleet = FleetView(NOW, some_workers())
    assert [worker.name for worker in fleet.silent] == ["worker-009"]
    assert alarm.heard(some_status()) == ""
    assert alarm.heard(some_status(), fleet) == "PROVISIONING: 1 worker silent"
    assert alarm.heard(some_status(), fleet) == ""


def test_tmux_hands_a_notification_on_where_each_escape_is_doubled() -> None:
    told = desktop_notification("PROVISIONING: 1 task stuck", in_tmux=True)
    assert told == "\x1bPtmux;\x1b\x1b]9;PROVISIONING: 1 task stuck\x07\x1b\\"


def test_the_help_says_what_one_is_called_about() -> None:
    assert "is not called" in calls_in_words(Preferences(call_stuck=1))
    told = calls_in_words(Preferences(call="both", call_dead_letters=50, call_silent=1))
    assert told.endswith("called (bell and notification) from: 50 dead letters, 1 worker silent")
    assert "every threshold is 0" in calls_in_words(Preferences(call="bell"))
