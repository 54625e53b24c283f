"""The index finds what the filter means, in the order that was asked for."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from farutech_console.operations.causes.causes import Alike, Causes
from farutech_console.operations.filter.evaluate import predicate
from farutech_console.operations.filter.model import (
    ALL,
    Comparison,
    Expression,
    Filter,
    Not,
    Pattern,
)
from farutech_console.operations.filter.parser import parse_filter
from farutech_console.operations.index.compiled import changes_with_time, covers
from farutech_console.operations.index.order import NEWEST, SORT_KEYS, Order, SortKey
from farutech_console.operations.index.row import summarize
from farutech_console.operations.index.store import Store
from tests.support.filters import EXPRESSIONS
from tests.support.letters import BODIES, NOW
from tests.support.waiting import eventually
from worker.jetstream.dead_letters.lean import LeanLetter
from worker.jetstream.messages import StoredMessage

DAY = timedelta(days=1)


def _letters(bodies: Sequence[bytes], max_age: timedelta | None = None) -> list[LeanLetter]:
    return [
        LeanLetter(
            StoredMessage(
                7 * number + 1, "provisioning.dlq", f"2026-11-24T02:{number % 60:02}:00Z", b"", body
            ),
            max_age,
        )
        for number, body in enumerate(bodies)
    ]


async def _store(letters: Sequence[LeanLetter], max_age: timedelta | None = None) -> Store:
    store = Store()
    store.max_age = max_age
    await store.add(letters)
    return store


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EXPRESSIONS, st.lists(BODIES, min_size=1, max_size=6), st.sampled_from([None, DAY]))
@example(Not(Comparison("task", "", ":", (Pattern(("0", "")),))), [b""], None)
def test_it_finds_what_the_filter_means(
    expression: Expression, bodies: list[bytes], max_age: timedelta | None
) -> None:
    wanted = Filter(expression)
    assume(covers(wanted))
    letters = _letters(bodies, max_age)
    matches = predicate(wanted, NOW)

    async def found() -> list[int]:
        store = await _store(letters, max_age)
        try:
            return list(await store.find(wanted, NEWEST, NOW))
        finally:
            store.close()

    assert asyncio.run(found()) == [x.sequence for x in letters if matches(x)][::-1]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EXPRESSIONS, st.lists(BODIES, min_size=1, max_size=12), st.integers(1, 12))
def test_it_counts_causes_as_whoever_reads_the_letters(
    expression: Expression, bodies: list[bytes], most: int
) -> None:
    wanted = Filter(expression)
    assume(covers(wanted))
    matches, read, indexed = predicate(wanted, NOW), Causes(), Causes()
    letters = _letters(bodies)

    async def found() -> list[Alike]:
        store = await _store(letters)
        try:
            return await store.alike(wanted, NOW, most)
        finally:
            store.close()

    for letter in [one for one in reversed(letters) if matches(one)][:most]:
        read.add(letter)
    for alike in asyncio.run(found()):
        indexed.add_alike(alike)

    def told(causes: Causes) -> list[tuple[object, ...]]:
        return [
            (one.cause.key, one.count, one.share, one.first_seen, one.last_seen, one.sample)
            for one in causes.ranked()
        ]

    assert told(indexed) == told(read)


def _sorted_by(key: SortKey, letter: LeanLetter) -> Any:
    return {
        "seq": letter.sequence,
        "died": letter.died_at,
        "task": letter.task_id.casefold(),
        "tenant": letter.tenant_id.casefold(),
        "type": letter.task_type.casefold(),
        "error": letter.error.casefold(),
        "tries": letter.attempts,
        "replays": letter.replays,
        "expires": letter.stored_at,
    }[key]


@settings(max_examples=60, deadline=None)
@given(st.lists(BODIES, max_size=8), st.sampled_from(SORT_KEYS), st.booleans())
def test_every_order_sorts_and_those_alike_come_newest_first(
    bodies: list[bytes], key: SortKey, descending: bool
) -> None:
    letters = _letters(bodies)

    async def found() -> list[int]:
        store = await _store(letters)
        try:
            return list(await store.find(ALL, Order(key, descending), NOW))
        finally:
            store.close()

    ranked = sorted(letters, key=lambda x: x.sequence, reverse=True)
    ranked.sort(key=lambda x: _sorted_by(key, x), reverse=descending)
    assert asyncio.run(found()) == [x.sequence for x in ranked]


@settings(max_examples=60, deadline=None)
@given(st.lists(BODIES, min_size=1, max_size=5))
def test_a_row_tells_what_the_letter_tells(bodies: list[bytes]) -> None:
    letters = _letters(bodies, DAY)

    async def rows() -> dict[int, Any]:
        store = await _store(letters, DAY)
        try:
            return dict(await store.rows([x.sequence for x in letters] + [99]))
        finally:
            store.close()

    shown = asyncio.run(rows())
    expected = {x.sequence: summarize(x.stored()) for x in letters}
    assert {s: (r.task_id, r.tenant_id, r.error) for s, r in shown.items()} == {
        s: (r.task_id, r.tenant_id, r.error) for s, r in expected.items()
    }
    for sequence, row in expected.items():
        assert (shown[sequence].died_at, shown[sequence].expires_at) == (
            row.died_at,
            row.expires_at,
        )
        assert shown[sequence].readable == row.readable


async def test_letters_go_and_counts_follow() -> None:
    store = await _store(_letters([b"x"] * 10))
    try:
        assert store.count == 10
        assert await store.remove([1, 8, 8, 9]) == 2
        assert await store.remove_between(0, 20) == 1
        assert store.count == 7
        assert list(await store.sequences(20, 40)) == [22, 29, 36]
        await store.clear()
        assert list(await store.find(ALL, NEWEST, NOW)) == []
    finally:
        store.close()


async def test_nobody_else_can_read_its_file_and_it_has_no_name() -> None:
    store = Store()
    body = b'{"task": {"task_id": "%d"}, "error": "%s"}'
    try:
        for first in range(0, 60_000, 2_000):
            bodies = [body % (first + n, b"x" * 900 + b"%d" % (first + n)) for n in range(2_000)]
            letters = [
                LeanLetter(
                    StoredMessage(first + n + 1, "d", "2026-11-24T02:00:00Z", b"", one), None
                )
                for n, one in enumerate(bodies)
            ]
            await store.add(letters)
        files = [Path(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]  # noqa: PTH208 - links to nothing
        ours = [one for one in files if one.is_symlink() and "etilqs" in str(one.readlink())]
        assert ours
        for one in ours:
            assert str(one.readlink()).endswith("(deleted)")
            assert stat.S_IMODE(one.stat().st_mode) == 0o600
    finally:
        store.close()


async def test_a_query_that_is_cancelled_ends_and_the_next_is_answered() -> None:
    store = await _store(_letters([b"x"] * 3000))
    try:
        counting = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        counting += "SELECT max(i) FROM n"
        endless = asyncio.create_task(store._read(lambda: store._db.execute(counting).fetchone()))
        await eventually(lambda: store._running)
        endless.cancel()
        with pytest.raises(asyncio.CancelledError):
            await endless
        async with asyncio.timeout(20):
            assert len(await store.find(ALL, NEWEST, NOW)) == 3000
    finally:
        store.close()


def test_what_it_covers() -> None:
    assert covers(parse_filter("tenant:a error:~b !(age>2h or seq:1..3)"))
    for text in ("word", "payload.plan:gold", "header.a:b", "tenant:a or !word"):
        assert not covers(parse_filter(text))
    assert changes_with_time(parse_filter("tenant:a or !age>2h"))
    assert not changes_with_time(parse_filter("died<2026-11-24"))
