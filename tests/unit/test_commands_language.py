"""Commands speak English whatever the locale: scripts read them."""

from __future__ import annotations

import pytest

from farutech_console import language
from tests.support.commands import invoked


@pytest.mark.parametrize(
    ("flags", "environment"),
    [
        (("--lang", "es"), {}),
        ((), {"FARUTECH_LANG": "es"}),
        ((), {"LC_ALL": "es_ES.UTF-8"}),
    ],
)
@pytest.mark.parametrize("words", ["dlq list nosuch:x", "dlq replay --all --rate often"])
async def test_a_command_says_the_same_in_every_language(
    words: str, flags: tuple[str, ...], environment: dict[str, str]
) -> None:
    """Of words that the console says in Spanish as well, where no server is needed."""
    english = await invoked(*words.split())
    other = await invoked(*words.split(), *flags, server=None, **environment)
    assert (other.code, other.out, other.err) == (english.code, english.out, english.err)
    assert english.err
    assert language.current() == "en"
