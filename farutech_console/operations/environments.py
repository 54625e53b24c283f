"""What people call the systems that they run, and which of those must not break. Pure."""

from __future__ import annotations

import re

_PRODUCTION = frozenset({"prod", "production", "prd", "produccion", "producción"})
_OTHERS = frozenset(
    {
        "staging", "stage", "stg", "preprod", "nonprod", "sandbox", "test", "testing", "qa", "uat",
        "int", "integration", "dev", "devel", "development", "demo", "local", "localhost",
    }
)  # fmt: skip
_BEFORE_IT = frozenset({"non", "no", "not", "pre"})
"""With one of these before it, production is what the system is not."""

_WORD = re.compile(r"[^\W\d_]+")


def is_production(environment: str) -> bool:
    """Return whether this is how people call the system that must not break.

    `Prod-EU`, `prodeu`, `eu-prod-2` and `production` are; `non-prod` and `preprod` are not.
    """
    begins = environment.strip().casefold().startswith("prod")
    return begins or any(kind == "production" for _, kind in _named(environment))


def environment_in(name: str) -> str:
    """Return the environment that a name speaks of, such as `prod` of `orders-prod-eu`.

    Empty where it speaks of none, or of more than one.
    """
    found = {word for word, _ in _named(name)}
    return found.pop() if len(found) == 1 else ""


def environment_of(told: str, context: str) -> str:
    """Return what a system is: as the operator said, else as its context's name says."""
    return told or environment_in(context)


def _named(name: str) -> list[tuple[str, str]]:
    words = _WORD.findall(name.casefold())
    named: list[tuple[str, str]] = []
    for before, word in zip(["", *words], words, strict=False):
        if word in _PRODUCTION and before in _BEFORE_IT:
            named.append((f"{before}-{word}", "other"))
        elif word in _PRODUCTION:
            named.append((word, "production"))
        elif word in _OTHERS:
            named.append((word, "other"))
    return named
