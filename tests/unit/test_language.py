"""Every text that is shown has its translation, whole, and nothing else stands in a catalogue."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import farutech_console
import worker
from farutech_console import language
from farutech_console.language import at_start, from_locale, tr, trn
from farutech_console.language.es import PARTS, SPANISH
from farutech_console.language.library import SENTENCES, retold
from farutech_console.operations.pace.reasons import Reason
from farutech_console.operations.units import count, plural, rate, size
from worker.model.stuck import TOLD

SOURCES = Path(farutech_console.__file__).parent


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    language.use("en")


WHERE_TEXTS_STAND: Mapping[str, tuple[int, ...]] = {
    "tr": (0,),
    "msg": (0,),
    "trn": (1,),
    "msgn": (1,),
    # The tables of keys and of commands, whose labels and helps are translated where shown.
    "Key": (3, 4),
    "Command": (1, 2),
    # What an action does, and how it is taken back.
    "Action": (1, 3),
}
"""Of each call that marks texts, which arguments are texts."""

_AS_TYPED = re.compile(r"farutech-console [a-z ]+|[a-z_.]+(?:[:<]|>=?)[^ ]+")
"""Commands and examples of filters: the same in every language."""


def _texts() -> dict[str, str]:
    """Return the texts that the code marks, each with where it stands."""
    found: dict[str, str] = {}
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for text in _marked(node):
                if _AS_TYPED.fullmatch(text):
                    continue
                found[text] = f"{path.relative_to(SOURCES)}: {text!r}"
    # What the worker has for people, and the console shows.
    found.update((text, f"worker/model/stuck.py: {text!r}") for text in TOLD.values())
    return found


def _marked(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return
    if node.func.id == "plural":
        # plural(3, "letter") is "{n} letters".
        nouns = [noun for part in node.args[1:] for noun in _constants(part)]
        if nouns:
            yield "{n} " + (nouns[1] if len(nouns) > 1 else f"{nouns[0]}s")
        return
    for argument in WHERE_TEXTS_STAND.get(node.func.id, ()):
        for part in node.args[argument : argument + 1]:
            # A text in two branches, `tr("one" if … else "other")`, is two texts.
            yield from _constants(part)


def _constants(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value:
            yield part.value


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_text_is_in_spanish() -> None:
    missing = [where for text, where in _texts().items() if text and text not in SPANISH]
    assert sorted(missing) == []


def test_no_translation_is_of_a_text_that_is_gone() -> None:
    assert sorted(set(SPANISH) - set(_texts())) == []


def test_a_text_has_the_same_spanish_wherever_it_stands() -> None:
    differing = [
        text for part in PARTS for text, spanish in part.items() if SPANISH[text] != spanish
    ]
    assert differing == []


def _said_by_the_library() -> set[str]:
    """Return what the code may say, `{}` for what is filled in."""
    said: set[str] = set()
    for path in (*Path(worker.__file__).parent.rglob("*.py"), *SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
                said.add("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                said |= {node.value, f"{{}}: {node.value}"}
    return said


def test_what_the_library_says_is_what_is_retold() -> None:
    said = _said_by_the_library()
    sentences = {re.sub(r"\{\w+\}", "{}", sentence) for sentence in SENTENCES}
    assert sentences <= said


def test_each_sentence_is_retold_as_itself_and_what_others_say_as_it_is() -> None:
    language.use("es")
    for sentence in SENTENCES:
        names = [name for _, name, _, _ in string.Formatter().parse(sentence) if name]
        filled = {name: f"$JS.{name} {{x}}\n" for name in names}
        assert retold(sentence.format(**filled)) == str(SPANISH[sentence]).format(**filled)
    for other in ("", "Connection refused", "{0} {x} [b]%s", "our user may not"):
        assert retold(other) == other


def test_translations_keep_what_is_filled_in() -> None:
    for text, translation in SPANISH.items():
        forms = (translation,) if isinstance(translation, str) else translation
        assert all(form for form in forms), text
        if isinstance(translation, str):
            assert _fields(translation) == _fields(text), text
        else:
            assert set().union(*map(_fields, forms)) <= _fields(text), text


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "es_ES.UTF-8"}, "es"),
        ({"LANG": "es"}, "es"),
        ({"LANG": "es_MX.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "es_AR"}, "es"),
        ({}, "en"),
    ],
)
def test_the_locale_names_the_language(variables: dict[str, str], expected: str) -> None:
    assert from_locale(variables) == expected


@pytest.mark.parametrize(
    ("words", "variables", "expected"),
    [
        ("--lang es", {}, "es"),
        ("--lang=es --read-only", {"LANG": "en_US.UTF-8"}, "es"),
        ("--lang en", {"FARUTECH_LANG": "es"}, "en"),
        ("--server es", {"FARUTECH_LANG": "es", "LANG": "en_US"}, "es"),
        ("--lang", {"LANG": "es_ES"}, "es"),
        ("--lang xx", {}, "en"),
        ("", {}, "en"),
    ],
)
def test_what_is_asked_for_is_spoken_from_the_first_paint(
    words: str, variables: dict[str, str], expected: str
) -> None:
    assert at_start(words.split(), variables) == expected


def test_figures_have_no_sign_that_is_read_two_ways() -> None:
    assert (count(12_481), rate(12_481), size(9_541_222)) == ("12,481", "12,481/s", "9.1 MiB")
    language.use("es")
    told = (count(12_481), rate(12_481), size(9_541_222))
    assert told == ("12\u00a0481", "12\u00a0481/s", "9.1 MiB")
    assert plural(1, "worker") == "1 worker"
    assert plural(1_200, "dead letter") == "1\u00a0200 mensajes muertos"


def test_numbers_choose_the_form() -> None:
    assert trn("{n} letter", "{n} letters", 1) == "1 letter"
    assert trn("{n} letter", "{n} letters", 0) == "0 letters"
    assert tr("{who} is here", who="ana {x}") == "ana {x} is here"


def test_why_a_run_stopped_is_said_in_the_language_of_who_reads_it() -> None:
    stopped = Reason("too_many", came_back=2_700, sent=3_000, share=0.2)
    blind = Reason("blind", error="X.INFO: no answer from the server")
    assert str(stopped) == (
        "2,700 of 3,000 replayed came back dead, more than 20 %: nothing more was sent"
    )
    assert str(blind).endswith("comes back: X.INFO: no answer from the server")
    language.use("es")
    assert str(stopped) == (
        "2\u00a0700 de 3\u00a0000 reenviados volvieron muertos, más del 20 %: no se envió nada más"
    )
    assert str(blind).endswith("vuelve: X.INFO: el servidor no responde")
