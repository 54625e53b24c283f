"""What pydantic finds wrong, in one sentence."""

from __future__ import annotations

from pydantic import ValidationError

_WANTED = {
    "string_type": "a string is wanted",
    "dict_type": "an object is wanted",
    "int_type": "a whole number is wanted",
    "less_than_equal": "at most {le} is wanted",
    "greater_than_equal": "at least {ge} is wanted",
}
"""What JSON wants to be, by pydantic's name of what is wrong with it."""


def first_problem(error: ValidationError) -> str:
    """Return the first thing that is wrong, with the keys that lead to it where it has any."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    wanted = _WANTED.get(first["type"])
    said = wanted.format(**first.get("ctx", {})) if wanted else str(first["msg"])
    return f"{where}: {said}" if where else said
