"""Causes: masked alike in every run, counted in bounded memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farutech_console.operations.causes import causes
from farutech_console.operations.causes.causes import Causes, cause_of
from farutech_console.operations.causes.masking import LONGEST, address_in, masked, without_address
from tests.support.letters import NOW

WORDS = st.sampled_from(
    ["timeout", "after", "acme", "to", "http2", "it's", "«x»", "for", "='", '"']
)
NUMBERS = st.integers(0, 10**12).map(str) | st.decimals(0, 999, places=2).map(str)
IDS = st.uuids().map(str) | st.from_regex(r"0x[0-9a-f]{4,16}", fullmatch=True)
TIMES = st.datetimes(datetime(1970, 1, 1)).map(
    lambda at: at.isoformat(timespec="microseconds") + "Z"
) | st.times().map(lambda at: at.isoformat(timespec="milliseconds"))
HOSTS = st.from_regex(r"[a-z]{1,8}-[a-z0-9]{1,8}", fullmatch=True)
PORTS = st.integers(1, 65535).map(str)
ADDRESSES = st.one_of(
    st.tuples(st.ip_addresses(v=4).map(str), PORTS).map(":".join),
    st.ip_addresses(v=4).map(str),
    st.tuples(HOSTS, PORTS).map(":".join),
    HOSTS.map(lambda host: f"https://{host}.example/a?b=c"),
    HOSTS.map(lambda host: f"{host}.svc.cluster.local"),
)
QUOTED = st.text(st.characters(exclude_characters='"'), max_size=12).map(lambda x: f'"{x}"')
VARIABLE = {"<n>": NUMBERS, "<id>": IDS, "<time>": TIMES, "<addr>": ADDRESSES, "«…»": QUOTED}
MESSAGES = st.lists(WORDS | st.one_of(*VARIABLE.values()) | st.text(max_size=6), max_size=30)


@given(MESSAGES.map(" ".join) | MESSAGES.map("".join) | st.text())
def test_masking_is_total_bounded_and_done_in_one_go(message: str) -> None:
    text = masked(message)
    assert len(text) <= LONGEST
    assert masked(text) == text


@given(st.data(), st.lists(st.sampled_from(sorted(VARIABLE)), min_size=1, max_size=4))
def test_what_varies_does_not_matter(data: st.DataObject, kinds: list[str]) -> None:
    def message() -> str:
        return "connect to " + " then ".join(data.draw(VARIABLE[kind]) for kind in kinds)

    assert masked(message()) == "connect to " + " then ".join(kinds)
    assert cause_of("E", message()) == cause_of("E", message())


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            "dial tcp 10.0.3.17:5432: connect: connection refused",
            "dial tcp <addr>: connect: connection refused",
        ),
        ("connection refused: acme-db:5432", "connection refused: <addr>"),
        ("timeout after 30 s", "timeout after <n> s"),
        ("timeout after 1,204.5ms", "timeout after <n>ms"),
        ("unknown task type: 'migrate'", "unknown task type: «…»"),
        ("can't find it, won't try", "can't find it, won't try"),
        ("tenant acme-17 is gone", "tenant acme-<n> is gone"),
        ('Post "https://x/y": EOF', "Post «…»: EOF"),
        ("lookup db-7.svc.cluster.local: no such host", "lookup <addr>: no such host"),
        ("at 2026-11-24 02:41:07.5 it broke", "at <time> it broke"),
        ("deploy 7bea0a77 of req_8fh3kd93hd", "deploy <id> of req_<id>"),
        ("[::1]:4222 refused", "<addr> refused"),
        ("worker.handlers.http failed", "worker.handlers.http failed"),
        ("two\n  lines", "two lines"),
        ("", ""),
    ],
)
def test_what_is_masked(message: str, shown: str) -> None:
    assert masked(message) == shown


@pytest.mark.parametrize(
    ("message", "address"),
    [
        ("dial tcp 10.0.3.17:5432: connect: connection refused", "10.0.3.17:5432"),
        ("connection refused: acme-db:5432", "acme-db:5432"),
        ("cannot reach 'db-7.svc.cluster.local'", "db-7.svc.cluster.local"),
        ('Post "https://ana:secret@api.acme.example:8443/y?token=z": EOF', "api.acme.example:8443"),
        ("no route to http://[::1]:4222/x", "[::1]:4222"),
        ("ana@acme.com is no user", ""),
        ("at 2026-11-24 02:41:07.5 it broke", ""),
        ("timeout after 30 s", ""),
        ("", ""),
    ],
)
def test_the_address_that_a_message_names_is_told_as_it_stands(message: str, address: str) -> None:
    assert address_in(message, masked(message)) == address


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("connection refused: <addr>", "connection refused"),
        ("dial tcp <addr>: connect: connection refused", "dial tcp connect: connection refused"),
        ("refused (<addr>) by <addr>", "refused by <addr>"),
        ("<addr> refused", "refused"),
        ("<addr>", "<addr>"),
        ("timeout after <n> s", "timeout after <n> s"),
    ],
)
def test_a_cause_is_told_without_the_address_that_is_named_beside_it(text: str, left: str) -> None:
    assert without_address(text) == left


@given(MESSAGES.map(" ".join) | st.text())
def test_an_address_is_part_of_its_message(message: str) -> None:
    assert address_in(message, masked(message)) in message


def test_its_key_never_changes() -> None:
    assert cause_of("TimeoutError", "timeout after 30 s").key == "67c6d7fece"
    assert cause_of("TimeoutError", "timeout after 31 s").key == "67c6d7fece"
    assert cause_of("OSError", "timeout after 30 s").key != "67c6d7fece"


@dataclass(frozen=True)
class Dead:
    sequence: int
    tenant_id: str
    error: str
    died_at: datetime = NOW
    error_type: str = "E"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.integers(0, 99))))
def test_counts_are_those_of_the_letters(rows: list[tuple[str, str, int]]) -> None:
    letters = [
        Dead(number, tenant, error, NOW - timedelta(seconds=age))
        for number, (tenant, error, age) in enumerate(rows)
    ]
    found = Causes()
    for one in letters:
        found.add(one)
    ranked = found.ranked()
    assert [group.count for group in ranked] == sorted(
        Counter(one.error for one in letters).values(), reverse=True
    )
    for group in ranked:
        own = [one for one in letters if one.error == group.cause.text]
        assert group.share == len(own) / len(letters)
        assert group.tenants == Counter(one.tenant_id for one in own)
        assert group.first_seen == min(one.died_at for one in own)
        assert group.last_seen == max(one.died_at for one in own)
        assert group.sample == max(one.sequence for one in own)
        assert not group.more_tenants


def test_the_address_of_most_letters_is_that_of_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*hosts: str) -> str:
        found = Causes()
        for number, host in enumerate(hosts):
            found.add(Dead(number, "acme", f"refused by {host}:5432"))
        (group,) = found.ranked()
        return group.address

    assert told("a-db", "a-db", "b-db") == "a-db:5432"
    assert told("a-db", "b-db") == ""
    monkeypatch.setattr(causes, "MOST_ADDRESSES", 1)
    assert told("a-db", "b-db", "b-db") == ""
    assert told("a-db", "b-db", "a-db") == "a-db:5432"


def test_too_many_causes_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(causes, "MOST_CAUSES", 3)
    found = Causes()
    for number in range(10):
        found.add(Dead(number, "acme", "x" * (number + 1)))
    ranked = found.ranked()
    assert (len(ranked), sum(group.count for group in ranked)) == (4, 10)
    assert (ranked[0].cause.key, ranked[0].count) == ("", 7)


def test_too_many_tenants_are_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(causes, "MOST_TENANTS", 2)
    found = Causes()
    for number in range(6):
        found.add(Dead(number, f"acme-{number % 3}", "x"))
    (group,) = found.ranked()
    assert (group.count, len(group.tenants), group.more_tenants) == (6, 2, True)
