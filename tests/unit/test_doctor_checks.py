"""Each check over evidence made for it: when it speaks, and how gravely."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from farutech_console.operations.doctor.checks import CHECKS, judge
from farutech_console.operations.doctor.model import Account, Evidence, Permissions
from farutech_console.operations.doctor.permissions import Need, may
from farutech_console.operations.doctor.versions import FAULTS, read_version
from farutech_console.operations.model import DeadLetterState
from tests.console.fixed_queue import some_status
from worker.model.names import QueueNames
from worker.model.state import ServerState
from worker.model.stuck import StuckTasks, Tally

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
NAMES = QueueNames()


def server(version: str = "2.15.1", level: int = 5) -> ServerState:
    return ServerState(name="s1", version=version, api_level=level, max_payload=1 << 20)


def evidence(**changes: Any) -> Evidence:
    known: dict[str, Any] = {
        "names": NAMES,
        "now": NOW,
        "server": server(),
        "permissions": Permissions(),
    }
    return Evidence(**(known | changes))


def grades(check: str, **changes: Any) -> list[str]:
    return [x.severity for x in judge(evidence(**changes)) if x.check == check]


def test_of_nothing_known_little_is_said() -> None:
    assert judge(evidence()) == ()


@pytest.mark.parametrize(
    ("version", "replicas", "severities"),
    [
        ("2.15.1", 3, []),
        ("2.12.8", 3, []),
        ("2.12.4", 3, ["problem"]),
        ("2.12.2", 3, ["problem", "problem"]),
        ("2.12.2", 1, []),
        ("2.10.26", 1, ["warning"]),
        ("2.10.17", 3, ["problem", "warning", "note"]),
        ("2.11.4", 3, []),
        ("nightly", 1, ["note"]),
    ],
)
def test_versions(version: str, replicas: int, severities: list[str]) -> None:
    configs = {"S": {"num_replicas": replicas}}
    found = judge(evidence(server=server(version), configs=configs))
    mine = [x for x in found if x.check == "version"]
    assert [x.severity for x in mine] == severities
    assert all(x.source for x in mine if x.severity != "note")


def test_every_fault_names_its_sources_and_ends() -> None:
    for fault in FAULTS:
        assert fault.since < fault.fixed
        assert all(x.startswith("https://github.com/nats-io/nats-server/") for x in fault.sources)
    assert read_version("2.11.0-RC.1") == (2, 11, 0)


@pytest.mark.parametrize(
    ("skew", "margin", "severities"),
    [(0.2, 0.1, []), (4.9, 0, []), (6, 3, []), (9, 0.1, ["warning"]), (-60, 0, ["warning"])],
)
def test_clocks(skew: float, margin: float, severities: list[str]) -> None:
    assert grades("clock", skew=skew, skew_margin=margin) == severities


@pytest.mark.parametrize(
    ("used", "limit", "severities"),
    [(100, None, []), (79, 100, []), (80, 100, ["warning"]), (100, 100, ["problem"])],
)
def test_storage(used: int, limit: int | None, severities: list[str]) -> None:
    assert grades("storage", account=Account(used, limit)) == severities
    memory = {"S": {"storage": "memory", "num_replicas": 3}}
    assert grades("storage", configs=memory) == ["problem"]


@pytest.mark.parametrize(
    ("ack_pending", "limit", "severities"),
    [
        (5000, -1, []),
        (0, 1000, ["note"]),
        (500, 1000, ["warning"]),
        (1000, 1000, ["problem"]),
    ],
)
def test_tasks_in_backoff_against_the_limit(
    ack_pending: int, limit: int, severities: list[str]
) -> None:
    status = some_status()
    assert status.consumer is not None
    consumer = replace(status.consumer, ack_pending=ack_pending, max_ack_pending=limit)
    status = replace(status, consumer=consumer)
    assert grades("ack_pending", status=status) == severities


@pytest.mark.parametrize(
    ("most", "severities"), [(-1, ["warning"]), (1, ["warning"]), (5, []), (101, ["warning"])]
)
def test_max_deliver(most: int, severities: list[str]) -> None:
    status = some_status()
    assert status.consumer is not None
    status = replace(status, consumer=replace(status.consumer, max_deliver=most))
    assert grades("deliveries", status=status) == severities


@pytest.mark.parametrize(
    ("max_age", "old", "depth", "severities"),
    [
        (None, 99, 5, []),
        (72, 0, 0, ["note"]),
        (72, 10, 5, ["warning"]),
        (72, 67, 5, ["problem"]),
        (72, 80, 5, ["problem"]),
    ],
)
def test_letters_that_expire(
    max_age: float | None, old: float, depth: int, severities: list[str]
) -> None:
    oldest = NOW - timedelta(hours=old) if depth else None
    age = None if max_age is None else max_age * 3600
    dead = DeadLetterState("PROVISIONING", depth, oldest, oldest, age)
    assert grades("expiry", status=replace(some_status(), dead_letters=dead)) == severities


@pytest.mark.parametrize(
    ("least", "most", "severities"),
    [(0, 0, []), (0, 3, ["note"]), (1, 1, ["problem"]), (1, 3, ["problem"])],
)
def test_stuck_tasks(least: int, most: int, severities: list[str]) -> None:
    stuck = StuckTasks(Tally(least, most), (), "in_part")
    assert grades("stuck", stuck=stuck) == severities


@pytest.mark.parametrize(
    ("permissions", "direction", "subject", "allowed"),
    [
        (Permissions(), "publish", "a.b", True),
        (Permissions(publish_allow=("a.*",)), "publish", "a.b", True),
        (Permissions(publish_allow=("a.*",)), "publish", "b", False),
        (Permissions(publish_allow=("a.>",), publish_deny=("a.b",)), "publish", "a.b", False),
        (Permissions(subscribe_deny=("a.>",)), "publish", "a.b", True),
        (Permissions(subscribe_allow=("_INBOX.me.>",)), "subscribe", "_INBOX.>", False),
        (Permissions(subscribe_allow=("a.b queue",)), "subscribe", "a.b", True),
    ],
)
def test_what_a_user_may(
    permissions: Permissions,
    direction: Literal["publish", "subscribe"],
    subject: str,
    *,
    allowed: bool,
) -> None:
    assert may(permissions, Need(direction, subject, "", "note")) is allowed


def test_what_the_server_does_not_tell_of_us_is_noted() -> None:
    assert grades("permissions", permissions=None) == ["note"]
    assert grades("permissions", refused={"the queue": "no answer"}) == ["problem"]


def test_every_check_says_what_it_is_for() -> None:
    assert all(words and words[0].islower() for words, _ in CHECKS.values())
