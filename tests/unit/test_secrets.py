"""What is hidden until it is asked for, and how an open letter is folded."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farutech_console.operations.letters.secrets import HIDDEN, is_secret, without_secrets
from farutech_console.tui.dlq.parts import json_parts, section, shown
from worker.model.text import literal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=30,
)


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "dbPassword",
        "DB_PASSWORD",
        "api_key",
        "apiKey",
        "token",
        "access-token",
        "authorization",
        "Set-Cookie",
        "clientSecret",
        "credentials",
        "private_key_pem",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["tenant_id", "keyboard", "primary_key", "tokenizer_kind", "compass", "author", "key"]
)
def test_names_that_are_none(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("dial postgres://app:hunter2@db:5432/x", f"dial postgres://app:{HIDDEN}@db:5432/x"),
        ("password=hunter2 host=db", f"password={HIDDEN} host=db"),
        ('{"api_key": "hunter2", "n": 1}', f'{{"api_key": {HIDDEN}, "n": 1}}'),
        ("GET /x?token=hunter2&a=1", f"GET /x?token={HIDDEN}&a=1"),
        ("Authorization: Bearer hunter2hunter2", f"Authorization: Bearer {HIDDEN}"),
        ("connection refused: acme-db:5432", "connection refused: acme-db:5432"),
    ],
)
def test_secrets_in_texts(text: str, hidden: str) -> None:
    assert without_secrets(text) == hidden


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "run",
    ["x", "1", "-", "_", "a:", "://", "://a:", "token", "token=", 'token="', "bearer ", " =:"],
)
def test_what_a_letter_repeats_holds_nobody_up(run: str) -> None:
    text = run * (1_000_000 // len(run))
    assert len(without_secrets(text)) > 1
    assert not is_secret(text + "x\n.")


@given(JSON)
def test_json_is_shown_whole_and_literally(value: object) -> None:
    parts = list(json_parts(value, "payload.", secrets=True))
    lines = ["".join(span.text for span in part.spans) for part in parts]
    assert all(literal(line) == line for line in lines)
    if all(literal(text) == text for text in [json.dumps(value, ensure_ascii=False)]):
        assert json.loads("\n".join(lines)) == value


@given(JSON)
def test_a_secret_is_in_no_line_and_in_nothing_that_is_copied(value: object) -> None:
    held = {"outer": [value, {"password": "hunter2", "url": "http://me:hunter2@host"}]}
    for part in json_parts(held, "payload.", secrets=False):
        assert "hunter2" not in str(part.copy) + "".join(span.text for span in part.spans)


@given(JSON)
def test_folded_away_is_what_is_inside_and_told_how_much(value: object) -> None:
    parts = section("payload", json_parts({"a": value, "b": 1}, "payload.", secrets=True))
    folded = shown(parts, {"payload"})
    assert len(folded) == 2
    lines = len(parts) - 2
    assert folded[1].spans[-1].text.startswith(f" … {lines} line")
    assert shown(parts, set()) == parts
