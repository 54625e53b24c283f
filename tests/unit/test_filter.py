"""The filter language: what is read, what it means, and what is said of mistakes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from farutech_console.operations.causes.causes import cause_of
from farutech_console.operations.filter.bounds import sequence_bounds
from farutech_console.operations.filter.evaluate import predicate
from farutech_console.operations.filter.keys import KEYS
from farutech_console.operations.filter.looser import looser
from farutech_console.operations.filter.model import FilterError
from farutech_console.operations.filter.parser import parse_filter
from farutech_console.operations.filter.probe import probe
from tests.support.letters import LETTER, NOW, stored
from tests.support.queues import letter

UNREADABLE = stored(b"\x00 nonsense \xff")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("tenant:acme-1", True),
        ("TENANT:ACME-1", True),
        ("tenant=acme-1", True),
        ("tenant!=acme-1", False),
        ("tenant:acme", False),
        ("tenant:acme*", True),
        ("tenant:*-*", True),
        ('tenant:"acme*"', False),
        ("tenant:globex,acme-1", True),
        ("-tenant:acme-1", False),
        ("!tenant:globex", True),
        ("not tenant:globex", True),
        ("tenant~CME", True),
        ("tenant:~x,cm", True),
        ("error:~timeout", True),
        ("error:timeout", False),
        ("error:timeout*über", True),
        ('error:~"after 30"', True),
        ('error:"timeout after "*', True),
        ("error:~after*pool", True),
        ("error:~pool*after", False),
        ("error:*a*a*b*", False),
        ("error_type:pool*", True),
        ('reason:""', False),
        ("reason:*", True),
        ("reason:stuck,invalid", True),
        ("worker:worker-go-*", True),
        ("module:erp type:provision task:task-7", True),
        ("type:provision or tenant:globex", True),
        ("type:x or tenant:globex", False),
        ("(type:x or tenant:acme-1) attempts:5", True),
        ("attempts>=5 attempts<=5 -attempts>5 attempts:3,5 attempts:1..5", True),
        ("attempts:6..", False),
        ("replays>0", True),
        ("seq:100..200", True),
        ("seq:..149", False),
        ("age>2h", False),
        ("age>=2h age<2h1s age:1h..2h", True),
        ("died<2026-11-24", False),
        ("died>=2026-11-24", True),
        ("died:2026-11-24", True),
        ("died<=2026-11-24", True),
        ("died>2026-11-24", False),
        ("died:2026-11-24T00:41Z", True),
        ("died:2026-11-24T01:41:07+01:00", True),
        ("died:2026-11-24T00:42..", False),
        ("expires<99d", False),
        ("payload.plan:gold", True),
        ("payload.plan:*", True),
        ("payload.none:*", False),
        ('payload.none:""', True),
        ("payload.db.host:db-7", True),
        ("payload.db:*", True),
        ('payload.db.note:""', True),
        ("payload.features:ADVANCED", True),
        ("payload.items.sku:b*", True),
        ("payload.seats:12 payload.seats>=10 payload.seats<12.5", True),
        ("payload.plan>1", False),
        ("payload.trial:true", True),
        ("header.traceparent:00-abc", True),
        ("header.other:*", False),
        ("TIMEOUT über", True),
        ("task-7 b2 12 00-abc", True),
        ("nowhere", False),
        ('"(pool)"', True),
        ("payload", False),
        (f"cause:{cause_of('PoolTimeout', 'Timeout after 99 s: (pool) Über').key}", True),
    ],
)
def test_what_a_filter_means(text: str, expected: bool) -> None:
    assert predicate(parse_filter(text), NOW)(LETTER) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nonsense", True),
        ("error:~'not UTF-8'", False),
        ('error:~"not UTF-8"', True),
        ('tenant:""', True),
        ("tenant:*", False),
        ("attempts:0", True),
        ("payload.plan:*", False),
    ],
)
def test_what_cannot_be_read_is_found_too(text: str, expected: bool) -> None:
    assert predicate(parse_filter(text), NOW)(UNREADABLE) is expected


def test_a_message_that_was_no_task_is_searched_as_it_came() -> None:
    raw = stored(json.dumps(letter(raw="bm90IGEgdGFzaw==")).encode())
    assert predicate(parse_filter('"not a task"'), NOW)(raw)
    assert not predicate(parse_filter("bm90IGEgdGFzaw"), NOW)(raw)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("tenat:acme", 1, "did you mean tenant?"),
        ("x http://host", 3, "there is no key http"),
        ("type:a tenant:", 15, "a value is missing after tenant:"),
        ("tenant: acme", 8, "a value is missing after tenant:"),
        ("tenant:a,", 10, "a value is missing"),
        ("tenant>5", 7, "tenant takes : :~ and not >"),
        ("attempts:~5", 9, "attempts takes"),
        ("attempts>five", 10, "a whole number, such as 5"),
        ("attempts>5,6", 11, "only one value can follow >"),
        ("age>2y", 5, "such as 2h or 1h30m"),
        ("age>30m1h", 5, "such as 2h or 1h30m"),
        ("age:2h", 5, "age>2h, age<2h, or age:1h..2h"),
        ("died<02:41", 6, "2026-11-24T02:41Z"),
        ("died<2026-02-30", 6, "2026-11-24T02:41Z"),
        ("seq:200..100", 5, "from the smaller to the larger: 100..200"),
        ("seq>1..2", 5, "a range follows a colon: seq:1..2"),
        ("seq:..", 5, "a beginning or an end"),
        ("reason:stck", 8, "attempts_exhausted, permanent, invalid, stuck"),
        ("payload:gold", 1, "payload.plan:gold"),
        ("tenant.id:x", 1, "tenant takes no path"),
        ('error:~"open', 8, "this quote is never closed"),
        ("(a or b", 1, "this bracket is never closed"),
        ("a)", 2, "closes nothing"),
        ("f(x)", 2, 'is quoted: "f(x)"'),
        ("a,b", 2, "quote it"),
        ("a or", 5, "something to look for is missing"),
        ("or a", 1, "something to look for is missing"),
        ("a - b", 3, "what is not to match is missing"),
    ],
)
def test_a_mistake_is_named_with_its_column(text: str, column: int, words: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    assert (caught.value.column, words in caught.value.message) == (column, True), caught.value


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("tenant=acme  -type:x", "tenant:acme !type:x"),
        ("error~x OR not y", "error:~x or !y"),
        ("age>90m died<2026-11-24T03:41:00+01:00", "age>1h30m died<2026-11-24T02:41:00Z"),
        ("((a) and (b or c))", "a (b or c)"),
        ('"or" "-x" "a:b" "two words"', '"or" "-x" "a:b" "two words"'),
    ],
)
def test_its_canonical_text(text: str, canonical: str) -> None:
    assert str(parse_filter(text)) == canonical


def test_every_example_of_the_declared_keys_is_right() -> None:
    for key in KEYS.values():
        assert parse_filter(key.example)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("task:7bea0a77", "task:~7bea0a77"),
        ("task:7bea0a77… age>2h", "task:~7bea0a77 age>2h"),
        ("tenant:acme,globex or cause:3f9a", "tenant:~acme,globex or cause:~3f9a"),
        ("(type:prov replays:0) or worker:x", "(type:~prov replays:0) or worker:~x"),
    ],
)
def test_a_filter_of_whole_texts_may_have_meant_parts_of_them(text: str, meant: str) -> None:
    found = looser(parse_filter(text))
    assert found is not None
    assert str(found) == meant
    assert parse_filter(meant) == found


@pytest.mark.parametrize(
    "text", ["", "acme", "!tenant:acme", "tenant:acme-*", 'tenant:""', "error:~x", "reason:stuck"]
)
def test_a_filter_that_compares_no_whole_text_is_as_loose_as_can_be(text: str) -> None:
    assert looser(parse_filter(text)) is None


def test_bounds_are_as_narrow_as_a_filter_says() -> None:
    bounds = sequence_bounds(parse_filter("tenant:x seq>=100 seq<200 -seq:150"))
    assert bounds == (100, 199)


def test_the_bytes_do_rule_something_out() -> None:
    for text in ("tenant:globex", "nowhere", "payload.plan:silver -x", "reason:invalid age>1s"):
        expression = parse_filter(text).expression
        assert expression is not None
        may_match = probe(expression)
        assert may_match is not None
        assert not may_match(replace(LETTER, headers={}))
