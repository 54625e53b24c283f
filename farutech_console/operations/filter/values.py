"""The values of a filter: numbers, lengths of time, and times, from what an operator types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from farutech_console.language import msg
from farutech_console.operations.filter.keys import Kind
from farutech_console.operations.filter.model import Moment, Number, Scalar, Span

MOST_DIGITS = 18

WORDS: Mapping[Kind, str] = {
    "number": msg("a whole number, such as 5"),
    "json": msg("a number, such as 5 or 2.5"),
    "age": msg("a number with s, m, h or d, such as 2h or 1h30m"),
    "time": msg("a time in UTC, such as 2026-11-24 or 2026-11-24T02:41Z"),
}
"""What the values of a kind look like, where they can be compared."""

_DECIMAL = re.compile(r"-?\d{1,15}\.\d{1,4}", re.ASCII)
_SPAN_PART = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([smhd])", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})"
    r"(?:[Tt](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?([Zz]|[+-]\d{2}:\d{2})?)?",
    re.ASCII,
)


def number(text: str) -> Number | None:
    """Return the whole number in `text`, None where it is none."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
        return None
    return Number(int(text))


def decimal(text: str) -> Number | None:
    """Return the number in `text`, whole or with a few decimals, None where it is none."""
    if not _DECIMAL.fullmatch(text):
        return number(text)
    value = float(text)
    return Number(int(value) if value.is_integer() else value)


def span(text: str) -> Span | None:
    """Return the length of time in `text`, units beginning with the largest, None for none."""
    parts = list(_SPAN_PART.finditer(text.lower()))
    if not parts or "".join(part.group() for part in parts) != text.lower():
        return None
    sizes = [_UNITS[part[2]] for part in parts]
    if sizes != sorted(set(sizes), reverse=True):
        return None
    try:
        microseconds = (_microseconds(part[1]) * _UNITS[part[2]] for part in parts)
        return Span(timedelta(microseconds=sum(microseconds)))
    except OverflowError:
        return None


def moment(text: str) -> Moment | None:
    """Return the time in `text`, UTC where it names no zone, None where it is none."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    day, minute, second, fraction, zone = match.groups()
    length = timedelta(days=1)
    if minute:
        length = timedelta(minutes=1)
    if second:
        length = timedelta(seconds=1)
    if fraction:
        length = timedelta(microseconds=1)
    offset = "+00:00" if zone in (None, "Z", "z") else zone
    full = f"{day}T{minute or '00:00'}:{second or '00'}.{fraction or '0':0<6.6}{offset}"
    try:
        start = datetime.fromisoformat(full).astimezone(UTC)
        # The first instant after it has to be a time as well.
        return Moment(start, length) if start + length else None
    except (ValueError, OverflowError):
        return None


def scalar(kind: Kind, text: str) -> Scalar | None:
    """Return the value that a key of this kind is compared with, None where `text` is none."""
    if kind == "age":
        return span(text)
    if kind == "time":
        return moment(text)
    return decimal(text) if kind == "json" else number(text)


def _microseconds(seconds: str) -> int:
    whole, _, fraction = seconds.partition(".")
    return int(whole) * 1_000_000 + int(f"{fraction:0<6}")
