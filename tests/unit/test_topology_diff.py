"""Declared against found: every difference is named, and judged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.found import (
    LEVELS,
    NAMES,
    as_declared,
    as_go_made_it,
    plan,
    server,
    with_consumer,
    with_stream,
)
from worker.model.names import QueueNames
from worker.model.topology import HOUR, Topology, declared
from worker.model.topology_changes import (
    AddSubjects,
    CreateConsumer,
    CreateStream,
    Difference,
    MoveDeadLetters,
    TakeClaims,
    UpdateConsumer,
    UpdateStream,
)
from worker.model.topology_diff import differences
from worker.model.topology_found import Found, covers


@pytest.mark.parametrize("version", LEVELS)
def test_nothing_differs_where_all_is_as_declared(version: str) -> None:
    assert plan(as_declared(version)) == {}


def test_an_empty_server_lacks_everything_and_all_of_it_is_safe() -> None:
    lacking = plan(Found(server("2.10.26")))
    created = [d.change for d in lacking.values()]
    topology = declared(NAMES, 0)
    assert topology.claims is not None
    assert created == [
        CreateStream(topology.claims),
        *(CreateStream(spec) for spec in topology.side_streams),
        CreateStream(topology.work_queue),
        CreateConsumer(topology.consumer),
        CreateStream(topology.dead_letters),
    ]
    assert {d.verdict for d in lacking.values()} == {"safe"}


@pytest.mark.parametrize("version", LEVELS)
def test_what_go_made(version: str) -> None:
    found = plan(as_go_made_it(version))
    expected = [
        "PROVISIONING: direct get",
        "provisioning-worker: max ack pending",
        "provisioning.dlq: dead letters",
    ]
    if LEVELS[version] >= 2:
        expected.append("PROVISIONING: atomic replay")
    assert list(found) == expected
    letters = found["provisioning.dlq: dead letters"]
    assert letters.verdict == "pause"
    assert letters.actual == "in PROVISIONING, kept 72 h: 12 letters"
    assert letters.declared == "in PROVISIONING_DLQ, kept for ever"
    assert isinstance(letters.change, MoveDeadLetters)
    assert found["provisioning-worker: max ack pending"].actual == "1,000"


def test_claims_come_to_the_work_queue_when_the_server_is_new_enough() -> None:
    upgraded = replace(as_declared("2.10.26"), server=server("2.12.8"))
    (claims,) = plan(upgraded).values()
    assert isinstance(claims.change, TakeClaims)
    assert claims.actual == "claims in PROVISIONING_REPLAYS"
    busy = plan(replace(upgraded, open_claims=2))[claims.what]
    assert (busy.verdict, busy.change) == ("refused", None)


def test_a_subject_that_is_lacking_is_added() -> None:
    name = NAMES.events_stream
    (lacking,) = plan(with_stream(as_declared(), name, subjects=("other",))).values()
    assert lacking.change == AddSubjects(name, ("provisioning.events.*",))
    assert plan(with_stream(as_declared(), name, subjects=("provisioning.>",))) == {}


STREAM_SETTINGS: list[tuple[str, dict[str, Any], str, str, str]] = [
    (NAMES.stream, {"max_age": 24 * HOUR}, "max age", "72 h", "24 h"),
    (NAMES.stream, {"max_age": None}, "max age", "72 h", "for ever"),
    (NAMES.stream, {"discard": "new"}, "discard", "old", "new"),
    (NAMES.stream, {"allow_direct": False}, "direct get", "on", "off"),
    (NAMES.dlq_stream, {"max_age": 48 * HOUR}, "max age", "for ever", "48 h"),
    (NAMES.dlq_stream, {"duplicate_window": 120.0}, "duplicate window", "1 h", "2 min"),
    (NAMES.events_stream, {"max_bytes": 0}, "max bytes", "256 MiB", "no limit"),
    (NAMES.audit_stream, {"deny_delete": False}, "deny delete", "on", "off"),
    (NAMES.audit_stream, {"deny_purge": False}, "deny purge", "on", "off"),
    (NAMES.ledger_stream, {"max_per_subject": 5}, "messages per subject", "1", "5"),
    (NAMES.ledger_stream, {"allow_rollup": False}, "rollups", "on", "off"),
]


@pytest.mark.parametrize(("name", "changes", "label", "wanted", "actual"), STREAM_SETTINGS)
def test_a_setting_of_a_stream(
    name: str, changes: dict[str, Any], label: str, wanted: str, actual: str
) -> None:
    (difference,) = plan(with_stream(as_declared(), name, **changes)).values()
    assert difference.what == f"{name}: {label}"
    assert (difference.declared, difference.actual) == (wanted, actual)
    assert difference.verdict == "safe"
    assert isinstance(difference.change, UpdateStream)
    assert difference.change.setting in changes


@pytest.mark.parametrize(
    "changes",
    [
        {"duplicate_window": 300.0},
        {"max_bytes": 10**9},
        {"max_per_subject": 100},
        {"replicas": 3},
        {"deny_delete": True},
        {"description": "ours"},
        {"allow_rollup": True},
    ],
)
def test_what_is_not_declared_is_the_sites_own(changes: dict[str, Any]) -> None:
    assert plan(with_stream(as_declared(), NAMES.stream, **changes)) == {}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"retention": "limits"}, "cannot change"),
        ({"storage": "memory"}, "cannot change"),
        ({"max_age": None, "oldest": 100 * HOUR}, "100 h old would be dropped"),
    ],
)
def test_what_would_lose_something_is_refused(changes: dict[str, Any], reason: str) -> None:
    (difference,) = plan(with_stream(as_declared(), NAMES.stream, **changes)).values()
    assert (difference.verdict, difference.change) == ("refused", None)
    assert reason in difference.reason


def test_replicas_need_a_cluster() -> None:
    def three(found: Found) -> Difference:
        topology = declared(NAMES, found.server.api_level, replicas=3)
        first, *_ = (
            d for d in differences(topology, NAMES, found) if d.what == "PROVISIONING: replicas"
        )
        return first

    alone = three(as_declared())
    assert (alone.verdict, alone.declared, alone.actual) == ("refused", "3", "1")
    assert "not part of a cluster" in alone.reason
    assert three(with_stream(as_declared(), NAMES.stream, clustered=True)).verdict == "safe"


@pytest.mark.parametrize(
    ("changes", "label", "verdict"),
    [
        ({"ack_wait": 10.0, "ack_pending": 5}, "ack wait", "safe"),
        ({"ack_wait": 60.0}, "ack wait", "safe"),
        ({"ack_wait": 60.0, "ack_pending": 1}, "ack wait", "refused"),
        ({"max_deliver": 3, "ack_pending": 9}, "max deliver", "safe"),
        ({"max_deliver": 8}, "max deliver", "safe"),
        ({"max_deliver": 8, "ack_pending": 1}, "max deliver", "refused"),
        ({"max_deliver": -1, "ack_pending": 1}, "max deliver", "refused"),
        ({"max_ack_pending": 10, "ack_pending": 10}, "max ack pending", "safe"),
        ({"filter_subject": ""}, "filter subject", "refused"),
        ({"ack_policy": "all"}, "ack policy", "refused"),
        ({"pulled": False}, "kind", "refused"),
    ],
)
def test_a_setting_of_the_consumer(changes: dict[str, Any], label: str, verdict: str) -> None:
    (difference,) = plan(with_consumer(as_declared(), **changes)).values()
    assert (difference.what, difference.verdict) == (f"provisioning-worker: {label}", verdict)
    assert (difference.change is None) == (verdict == "refused")
    assert bool(difference.reason) == (verdict == "refused")
    if verdict == "safe":
        assert isinstance(difference.change, UpdateConsumer)


def test_every_name_follows_the_settings() -> None:
    names = QueueNames("ORDERS", "orders", "orders-pull", "ORDERS_DEAD")
    topology: Topology = declared(names, 5)
    specs = (topology.work_queue, topology.dead_letters, *topology.side_streams)
    assert [spec.name for spec in specs] == [
        "ORDERS",
        "ORDERS_DEAD",
        "ORDERS_ADVISORIES",
        "ORDERS_EVENTS",
        "KV_ORDERS_LEDGER",
        "OBJ_ORDERS_BODIES",
        "ORDERS_AUDIT",
        "ORDERS_ARCHIVE",
    ]
    assert not any("rovisioning." in subject for spec in specs for subject in spec.subjects)


TOKENS = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4)


@given(TOKENS, TOKENS)
def test_literal_subjects_cover_themselves_alone(one: list[str], other: list[str]) -> None:
    assert covers(".".join(one), ".".join(other)) == (one == other)


@given(TOKENS, st.data())
def test_wildcards_cover_what_they_stand_for(tokens: list[str], data: st.DataObject) -> None:
    subject = ".".join(tokens)
    starred = [data.draw(st.sampled_from([token, "*"])) for token in tokens]
    assert covers(".".join(starred), subject)
    cut = data.draw(st.integers(0, len(tokens) - 1))
    assert covers(".".join([*tokens[:cut], ">"]), subject)
    assert not covers(f"{subject}.>", subject)
    assert not covers(subject, ".".join([*tokens[:-1], "*"]))
    assert not covers(f"{subject}.*", f"{subject}.>")
