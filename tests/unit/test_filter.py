"""The filter language: what is read, what it means, and what is said of mistakes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from farutech_console.operations.causes.causes import cause_of
from farutech_console.operations.filter.bounds import sequence_bounds
from farutech_console.operations.filter.evaluate import _Compiler, predicate
from farutech_console.operations.filter.keys import KEYS
from farutech_console.operations.filter.model import (
    And,
    Comparison,
    Expression,
    Filter,
    FilterError,
    Moment,
    Not,
    Number,
    Or,
    Pattern,
    Range,
    Scalar,
    Span,
    Value,
    Word,
)
from farutech_console.operations.filter.parser import parse_filter
from farutech_console.operations.filter.probe import probe
from tests.support.letters import BODIES, NOW, stored
from tests.support.queues import letter, task

FRAGMENTS = [
    *(f"{name}{sign}" for name in KEYS for sign in (":", ":~", "<", ">=", "!=")),
    *("payload.plan:", "header.x:~", "tenat:", "(", ")", "-", "!", "or", "and", "not", ",", " "),
    *('"', "\\", "*", "..", "2h", "1h30m", "5", "2026-11-24", "2026-11-24T02:41Z", "acme", "a*b"),
]
TEXTS = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=4), max_size=12).map("".join)

PIECES = st.text(max_size=5) | st.sampled_from(["or", "NOT", "tenant:x", "-x", '"', "\\", "a b"])
PATTERNS = st.lists(PIECES, min_size=1, max_size=3).map(lambda pieces: Pattern(tuple(pieces)))
NUMBERS = st.integers(-(10**17), 10**17).map(Number)
DECIMALS = st.integers(-(10**9), 10**9).map(lambda n: Number(n / 16) if n % 16 else Number(n))
SPANS = st.timedeltas(timedelta(0), timedelta(days=99_999)).map(Span)
MOMENTS = st.one_of(
    st.dates(datetime(1970, 1, 2).date()).map(
        lambda day: Moment(datetime(day.year, day.month, day.day, tzinfo=UTC), timedelta(days=1))
    ),
    st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1)).map(
        lambda at: Moment(at.replace(second=0, microsecond=0, tzinfo=UTC), timedelta(minutes=1))
    ),
    st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1)).map(
        lambda at: Moment(at.replace(tzinfo=UTC), timedelta(microseconds=1))
    ),
)
SCALARS: dict[str, st.SearchStrategy[Scalar]] = {
    "number": NUMBERS,
    "json": DECIMALS,
    "age": SPANS,
    "time": MOMENTS,
}


@st.composite
def ranges(draw: st.DrawFn, scalars: st.SearchStrategy[Scalar]) -> Range:
    ends = sorted((draw(scalars), draw(scalars)), key=_order)
    kept = draw(st.sampled_from([(True, True), (True, False), (False, True)]))
    return Range(ends[0] if kept[0] else None, ends[1] if kept[1] else None)


def _order(value: Scalar) -> float:
    if isinstance(value, Moment):
        return value.start.timestamp()
    return value.length.total_seconds() if isinstance(value, Span) else value.value


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    key = KEYS[draw(st.sampled_from(list(KEYS)))]
    operator = draw(st.sampled_from(key.operators))
    path = draw(st.sampled_from(["plan", "a.b", "x-y"])) if key.pathed else ""
    values: st.SearchStrategy[Value]
    if key.choices and operator == ":":
        values = st.sampled_from(key.choices).map(lambda choice: Pattern((choice,)))
    elif key.kind in ("text", "choice") or (key.kind == "json" and operator in (":", "~")):
        values = PATTERNS
    else:
        values = SCALARS[key.kind]
    if operator == ":" and key.kind in ("number", "age", "time"):
        values = ranges(SCALARS[key.kind]) if key.kind == "age" else values | ranges(values)  # type: ignore[arg-type]
    most = 3 if operator in (":", "~") else 1
    return Comparison(
        key.name, path, operator, tuple(draw(st.lists(values, min_size=1, max_size=most)))
    )


def parts(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return inner.map(Not) | several.map(And) | several.map(Or)


EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    comparisons() | PATTERNS.map(Word), parts, max_leaves=6
)


@given(EXPRESSIONS)
@example(Comparison("tenant", "", ":", (Pattern(("~0", "")),)))
@example(Comparison("tenant", "", "~", (Pattern(("~",)),)))
def test_the_canonical_text_says_the_same_filter(expression: Expression) -> None:
    wanted = Filter(expression)
    assert parse_filter(str(wanted)) == wanted


@settings(max_examples=200)
@given(TEXTS)
@example("(" * 10_000)
@example("-" * 10_000)
@example("not " * 10_000)
@example("seq:" + "9" * 5_000)
@example("age>" + "9" * 9 + "d9h")
@example("died<9999-12-31")
@example("died<0001-01-01T00:00+23:00")
@example("seq:\u0665")
def test_any_text_is_a_filter_or_an_error_with_its_place(text: str) -> None:
    wanted: Filter | FilterError
    try:
        wanted = parse_filter(text)
    except FilterError as error:
        wanted = error
    if isinstance(wanted, FilterError):
        assert 1 <= wanted.column <= len(text) + 1
        assert wanted.message
    else:
        assert parse_filter(str(wanted)) == wanted


LIKELY = st.sampled_from(
    [
        *(
            "acme",
            "ACME-",
            "5",
            "1.5",
            "say",
            '"hi"',
            "a*b",
            "Básico",
            "ss",
            '"\\"hi"',
            '"hi: x"',
            "{…}",
        ),
        *("tenant:acme", "tenant:~acme,glob", "type:~me", 'payload.plan:~"acme"', "payload.plan:5"),
        *("payload.plan:1.5", 'payload.name:~"a\nb"', "reason:stuck", "worker:~ok", "true", "x"),
        *("error_type:*say*", 'module:"say \\"hi\\": x"', "tenant:acme or type:acme", "raw", "Ö"),
    ]
).map(lambda text: parse_filter(text).expression)


@settings(max_examples=150)
@given(LIKELY | EXPRESSIONS, BODIES, st.sampled_from([None, {"A": "acme"}]))
def test_what_the_bytes_rule_out_does_not_match(
    expression: Expression, body: bytes, headers: dict[str, str] | None
) -> None:
    may_match = probe(expression)
    one = stored(body, headers=headers)
    if may_match is not None and not may_match(one):
        assert not _Compiler(NOW).matches(expression)(one)


SEQUENCES = st.sampled_from(
    ["seq:5..9", "seq>7", "seq<=7", "seq:3,8", "-seq:8", "seq>3 seq<9", "seq:8 or seq:2", "x seq:7"]
).map(lambda text: parse_filter(text).expression)


@given(SEQUENCES | EXPRESSIONS, st.integers(1, 12))
def test_what_matches_lies_between_the_bounds(expression: Expression, sequence: int) -> None:
    low, high = sequence_bounds(Filter(expression))
    if predicate(Filter(expression), NOW)(replace(LETTER, sequence=sequence)):
        assert low is None or low <= sequence
        assert high is None or sequence <= high


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


@settings(max_examples=80)
@given(EXPRESSIONS, BODIES)
def test_any_filter_has_an_answer_for_any_letter(expression: Expression, body: bytes) -> None:
    one = stored(body, headers={"Farutech-Replay-Count": "2"})
    matches = predicate(Filter(expression), NOW)(one)
    assert predicate(Filter(Not(expression)), NOW)(one) is not matches


LETTER = stored(
    json.dumps(
        letter(
            task=task(
                7,
                tenant_id="Acme-1",
                payload={
                    "plan": "Gold",
                    "seats": 12,
                    "trial": True,
                    "features": ["basic", "advanced"],
                    "db": {"host": "db-7", "note": None},
                    "items": [{"sku": "a1"}, {"sku": "b2"}],
                },
            ),
            error="Timeout after 30 s: (pool) \u00dcber",
            error_type="PoolTimeout",
            reason="stuck",
            replays=1,
            dlq_timestamp="2026-11-24T00:41:07Z",
        ),
        ensure_ascii=False,
    ).encode(),
    sequence=150,
    headers={"Traceparent": "00-abc"},
)
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
