"""The operator's language: English as it stands in the code, others from a catalogue.

Words that are shown go through `tr`, numbered ones through `trn`; what is declared in a table and
shown later is marked by `msg` there and translated by `tr` where it is shown. Names of the field
that operators know in English (stream, consumer, ack pending) stay in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from farutech_console.language.es import SPANISH

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

Message = str | tuple[str, str]
_CATALOGUES: Mapping[Language, Mapping[str, Message]] = {"en": {}, "es": SPANISH}

LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Where POSIX says to look, first found wins."""


class _Current:
    """The process's language, as gettext has it: one operator sits before a process."""

    language: Language = "en"


def use(language: Language) -> None:
    """Show everything in this language from now on."""
    _Current.language = language


def current() -> Language:
    """Return the language that is shown."""
    return _Current.language


def from_locale(environment: Mapping[str, str]) -> Language:
    """Return the language of the locale that these variables name; English where we lack it."""
    named = next((environment[name] for name in LOCALE_VARIABLES if environment.get(name)), "")
    code = named.partition("_")[0].partition(".")[0].lower()
    return next((language for language in LANGUAGES if language == code), "en")


def tr(text: str, /, **values: object) -> str:
    """Return the text in the operator's language, its `{names}` filled in."""
    found = _CATALOGUES[_Current.language].get(text, text)
    translated = found if isinstance(found, str) else found[0]
    return translated.format(**values) if values else translated


def trn(one: str, many: str, number: float, /, **values: object) -> str:
    """Return the text for this number of things; `{n}` is the number, unless given otherwise."""
    forms = _CATALOGUES[_Current.language].get(many, (one, many))
    chosen = forms if isinstance(forms, str) else forms[number != 1]
    return chosen.format(**{"n": number, **values})


def msg(text: str) -> str:
    """Mark a text of a table for the catalogue; it is translated where it is shown."""
    return text
