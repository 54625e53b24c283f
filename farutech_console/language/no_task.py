"""Why a text is no task, as the worker and Python tell it, in the operator's language."""

from __future__ import annotations

from farutech_console.language import msg
from farutech_console.language.library import told_by

PROBLEMS = (
    msg("{where}: a string is wanted, this is {kind}"),
    msg("{where}: an object is wanted, this is {kind}"),
    msg("{where}: a whole number is wanted, this is {kind}"),
    msg("{where}: at most {most} is wanted, this is {kind}"),
    msg("{where}: at least {least} is wanted, this is {kind}"),
    msg("a task is a JSON object, this is {kind}"),
    msg("{key} is missing or empty"),
    msg("{key} is given in two spellings"),
    msg("key {key} is given twice"),
    msg("nested deeper than {levels} levels"),
    msg("a number of {count} digits"),
    msg("the number {number} is beyond float64"),
    msg("not JSON: {what} at line {line} column {column}"),
    msg("{text} is not JSON"),
)
"""What the worker says of a message that is no task."""

PARTS = (
    msg("an object"),
    msg("a list"),
    msg("a string"),
    msg("a boolean"),
    msg("a number"),
    msg("the number {n}"),
    msg("Expecting value"),
    msg("Expecting property name enclosed in double quotes"),
    msg("Expecting ':' delimiter"),
    msg("Expecting ',' delimiter"),
    msg("Illegal trailing comma before end of object"),
    msg("Illegal trailing comma before end of array"),
    msg("Extra data"),
    msg("Unterminated string starting"),
    msg("Invalid control character"),
    msg("Invalid \\escape"),
    msg("Invalid \\uXXXX escape"),
)
"""What it names in them: kinds of JSON, and what Python's reader found wrong."""


def why_no_task(said: str) -> str:
    """Return what the worker said of a text in the operator's language."""
    return told_by(PROBLEMS, said, _part) or said


def _part(said: str) -> str:
    return told_by(PARTS, said) or said
