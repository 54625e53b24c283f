"""An operator is called when a threshold is crossed, and once."""

from __future__ import annotations

from dataclasses import replace

from farutech_console.tui.common.alarm import Alarm, desktop_notification
from farutech_console.tui.preferences import Preferences
from tests.console.fixed_queue import some_status


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
