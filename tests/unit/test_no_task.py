"""Why an edited text is no task is told in the operator's language, whoever found it out."""

from __future__ import annotations

import string
from collections.abc import Iterator

import pytest

from farutech_console import language
from farutech_console.language.no_task import PARTS, PROBLEMS, why_no_task
from farutech_console.operations.changes.edit import InvalidEditError, read_edited
from tests.console.pseudo import Pseudo, words

GOOD = '"task_id": "1", "task_type": "provision"'
TEXTS = (
    "[1]",
    '"text"',
    "true",
    "12",
    f"{10**25}",
    "null",
    "{}",
    '{"task_id": 3, "task_type": "x"}',
    '{"task_id": {}, "task_type": "x"}',
    f'{{{GOOD}, "payload": [1]}}',
    f'{{{GOOD}, "max_retries": "five"}}',
    f'{{{GOOD}, "attempt": {2**40}}}',
    f'{{{GOOD}, "attempt": -{2**40}}}',
    f'{{{GOOD}, "taskId": "2"}}',
    f'{{{GOOD}, "task_id": "2"}}',
    f'{{{GOOD}, "payload": {"[" * 101 + "]" * 101}}}',
    f'{{{GOOD}, "n": {"1" * 400}}}',
    f'{{{GOOD}, "n": 1e999}}',
    f'{{{GOOD}, "n": NaN}}',
    "",
    "{1}",
    '{"task_id" 1}',
    '{"task_id": "1" "x"}',
    f"{{{GOOD}}} more",
    '{"task_id": "1',
    '{"task_id": "a\nb"}',
    '{"task_id": "\\q"}',
    '{"task_id": "\\u12"}',
    f"{{{GOOD},}}",
    f'{{{GOOD}, "payload": {{"list": [1,]}}}}',
)
DATA = words("task_id task_type payload max_retries attempt null NaN")
"""What is the same in every language."""


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    language.use("en")


def said_of(text: str) -> str:
    with pytest.raises(InvalidEditError) as caught:
        read_edited(text)
    return str(caught.value)


@pytest.mark.parametrize("text", TEXTS)
def test_no_word_of_it_stays_english(text: str) -> None:
    language.use_catalogue(Pseudo())
    assert words(said_of(text)) - DATA == set()


def test_each_sentence_is_said_of_some_text() -> None:
    said = [said_of(text) for text in TEXTS]
    for sentence in PROBLEMS:
        fixed = [part for part, *_ in string.Formatter().parse(sentence)]
        assert any(all(part in one for part in fixed) for one in said), sentence


def test_it_is_spanish_and_what_it_names_is_as_it_came() -> None:
    language.use("es")
    assert why_no_task("task_id: a string is wanted, this is the number 3") == (
        "task_id: se espera un texto, y es el número 3"
    )
    assert why_no_task("key 'a string' is given twice") == "la clave 'a string' aparece dos veces"
    assert why_no_task("[b]{x}[/]") == "[b]{x}[/]"
    assert len(set(PARTS)) == len(PARTS)
