"""The filter language in words, made from the table of its keys."""

from __future__ import annotations

from collections.abc import Sequence

from farutech_console.operations.filter.keys import KEYS

RULES: Sequence[str] = (
    "tenant:acme-* type:update     both; : is exact in any case, * is for anything",
    "error:~timeout                contains",
    "tenant:acme,globex            any of them",
    "type:update or replays>0      either; brackets group",
    "!tenant:acme                  all others; not says the same, and - after --",
    "attempts>=5  seq:100..200     compared; between",
    "age>2h  died<2026-11-24       s m h d; times are in UTC, a day is all of it",
    'payload.plan:*  reason:""     there is one; there is none',
    'refused  "two words"          anywhere in the letter and its headers',
)


def key_lines() -> list[str]:
    """Return a line for each key: an example, and what the key is."""
    widest = max(len(key.example) for key in KEYS.values())
    return [f"{key.example:<{widest}}   {key.help}" for key in KEYS.values()]


def help_lines() -> list[str]:
    """Return all of the language in lines of at most 80 columns."""
    return [*RULES, "", *key_lines()]
