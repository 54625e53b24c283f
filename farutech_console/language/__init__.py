"""The operator's language: English as it stands in the code, others from a catalogue.

Words that are shown go through `tr`, numbered ones through `trn`; what is declared in a table and
shown later is marked by `msg` there and translated by `tr` where it is shown. Names of the field
that operators know in English (stream, consumer, ack pending) stay in every language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Literal, get_args

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

Message = str | tuple[str, str]
Catalogue = Mapping[str, Message]
"""The English text -> its translation; the plural of a numbered one -> for one, for others."""

LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Where POSIX says to look, first found wins."""


class _Current:
    """The process's language, as gettext has it: one operator sits before a process."""

    language: Language = "en"
    catalogue: Catalogue = {}  # noqa: RUF012 - replaced, never written to


def use(language: Language) -> None:
    """Show everything in this language from now on."""
    _Current.language, _Current.catalogue = language, _catalogue(language)


def use_catalogue(catalogue: Catalogue) -> None:
    """Show everything by this catalogue from now on: a language that is not among ours."""
    _Current.catalogue = catalogue


def _catalogue(language: Language) -> Catalogue:
    """Return the words of a language, read once somebody speaks it."""
    if language == "en":
        return {}
    from farutech_console.language.es import SPANISH

    return SPANISH


def current() -> Language:
    """Return the language that is shown."""
    return _Current.language


def from_locale(environment: Mapping[str, str]) -> Language:
    """Return the language of the locale that these variables name; English where we lack it."""
    named = next((environment[name] for name in LOCALE_VARIABLES if environment.get(name)), "")
    code = named.partition("_")[0].partition(".")[0].lower()
    return next((language for language in LANGUAGES if language == code), "en")


def at_start(arguments: Sequence[str], environment: Mapping[str, str]) -> Language:
    """Return the language that arguments and variables seem to ask for, before they are read.

    For what is shown until the settings are known, which have the last word.
    """
    wanted = environment.get("FARUTECH_LANG", "")
    for flag, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        if flag == "--lang" or flag.startswith("--lang="):
            wanted = flag.partition("=")[2] or following
    return next((known for known in LANGUAGES if known == wanted), from_locale(environment))


def tr(text: str, /, **values: object) -> str:
    """Return the text in the operator's language, its `{names}` filled in."""
    found = _Current.catalogue.get(text, text)
    translated = found if isinstance(found, str) else found[0]
    return translated.format(**values) if values else translated


def trn(one: str, many: str, number: float, /, **values: object) -> str:
    """Return the text for this number of things; `{n}` is the number, unless given otherwise."""
    forms = _Current.catalogue.get(many, (one, many))
    chosen = forms if isinstance(forms, str) else forms[number != 1]
    return chosen.format(**{"n": number, **values})


def msgn(one: str, many: str) -> tuple[str, str]:
    """Mark a numbered text of a table, for `trn(*it, number)` where it is shown."""
    return one, many


def msg(text: str) -> str:
    """Mark a text of a table for the catalogue; it is translated where it is shown."""
    return text
