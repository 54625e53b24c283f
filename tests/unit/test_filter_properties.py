"""The filter language, for any filter, any text and any letter."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from farutech_console.operations.filter.bounds import sequence_bounds
from farutech_console.operations.filter.evaluate import _Compiler, predicate
from farutech_console.operations.filter.model import (
    Comparison,
    Expression,
    Filter,
    FilterError,
    Not,
    Pattern,
)
from farutech_console.operations.filter.parser import parse_filter
from farutech_console.operations.filter.probe import probe
from tests.support.filters import EXPRESSIONS, TEXTS
from tests.support.letters import BODIES, LETTER, NOW, stored


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


@settings(max_examples=80)
@given(EXPRESSIONS, BODIES)
def test_any_filter_has_an_answer_for_any_letter(expression: Expression, body: bytes) -> None:
    one = stored(body, headers={"Farutech-Replay-Count": "2"})
    matches = predicate(Filter(expression), NOW)(one)
    assert predicate(Filter(Not(expression)), NOW)(one) is not matches
