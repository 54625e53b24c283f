from __future__ import annotations

from typing import get_args

import pytest

from farutech_console.operations.actions import ACTIONS, BULK, WRITES, ActionName, Impact, asks_name


def test_every_name_has_its_row_and_no_other() -> None:
    assert set(ACTIONS) == set(get_args(ActionName))
    assert {action.impact for action in ACTIONS.values()} == set(get_args(Impact))


@pytest.mark.parametrize("action", WRITES, ids=lambda action: action.name)
def test_what_changes_anything_says_how_it_is_taken_back(action: object) -> None:
    assert action in ACTIONS.values()
    assert getattr(action, "undone_by", "")


def test_only_what_cannot_be_taken_back_asks_for_the_name() -> None:
    asking = [action for action in ACTIONS.values() if action.asks_name]
    assert [action.name for action in asking] == ["purge_hard"]
    assert all(action.impact == "irreversible" for action in asking)


@pytest.mark.parametrize(
    ("action", "count", "environment", "asks"),
    [
        ("purge_hard", 1, "", True),
        ("purge", 1, "", False),
        ("purge", 1, "staging", False),
        ("purge", 1, "PROD", True),
        ("purge", 1, "prod-eu", True),
        ("purge", 1, "eu-prod", True),
        ("replay", BULK - 1, "Production", False),
        ("replay", BULK, "Production", True),
        ("replay", BULK, "preprod", False),
        ("note", BULK, "prod", False),
        ("undo", BULK, "prod", False),
    ],
)
def test_production_asks_for_the_name_where_much_is_at_stake(
    action: ActionName, count: int, environment: str, *, asks: bool
) -> None:
    assert asks_name(action, count, environment) is asks
