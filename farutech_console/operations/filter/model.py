"""A filter as a value: what was asked, apart from how it is answered.

`str()` of a filter is its canonical text; parsed, that gives the same filter again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from farutech_console.operations.filter.syntax import Operator, quoted, read_as_more_than_a_word

_MINUTE = timedelta(minutes=1)
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60))


class FilterError(ValueError):
    """The text is not a filter. `column` counts from 1, as editors do."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.column = column


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text in pieces, with anything between any two of them; one piece is just that text."""

    pieces: tuple[str, ...]

    def __str__(self) -> str:
        """The text as it is written: `acme-*`, `"with spaces "*`."""
        if self.pieces == ("",):
            return '""'
        return "*".join(quoted(piece) for piece in self.pieces)

    def guarded(self) -> str:
        """The text with its beginning in quotes, where it would be read as something else."""
        first, *rest = self.pieces
        return "*".join([quoted(first, always=True), *map(quoted, rest)])


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: int | float

    def __str__(self) -> str:
        """The number's digits."""
        return str(self.value)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time, not negative."""

    length: timedelta

    def __str__(self) -> str:
        """The length in days, hours, minutes and seconds: `1h30m`."""
        seconds, rest = divmod(self.length, timedelta(seconds=1))
        parts = []
        for unit, size in _UNITS:
            count, seconds = divmod(seconds, size)
            parts += [f"{count}{unit}"] if count else []
        fraction = f".{rest.microseconds:06}".rstrip("0") if rest else ""
        if seconds or rest or not parts:
            parts.append(f"{seconds}{fraction}s")
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time in UTC as exactly as it was said: a day, a minute, a second, or a microsecond."""

    start: datetime
    length: timedelta

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return self.start + self.length

    def __str__(self) -> str:
        """The time as it was said: `2026-11-24`, `2026-11-24T02:41Z`."""
        if self.length >= timedelta(days=1):
            return f"{self.start:%Y-%m-%d}"
        if self.length >= _MINUTE:
            return f"{self.start:%Y-%m-%dT%H:%MZ}"
        fraction = "" if self.length >= timedelta(seconds=1) else f".{self.start.microsecond:06}"
        return f"{self.start:%Y-%m-%dT%H:%M:%S}{fraction}Z"


Scalar = Number | Span | Moment


@dataclass(frozen=True, slots=True)
class Range:
    """From one value to another, both included; None is without end. One of them is given."""

    low: Scalar | None
    high: Scalar | None

    def __str__(self) -> str:
        """The two with dots between: `100..200`, `2h..`."""
        return f"{self.low or ''}..{self.high or ''}"


Value = Pattern | Scalar | Range


@dataclass(frozen=True, slots=True)
class Comparison:
    """One key compared with one or more values, of which any may do.

    `path` is what follows the key's name after a dot: `plan` in `payload.plan`.
    """

    key: str
    path: str
    operator: Operator
    values: tuple[Value, ...]

    def __str__(self) -> str:
        """The test as it is written: `tenant:acme,globex`."""
        name = f"{self.key}.{self.path}" if self.path else self.key
        sign = ":~" if self.operator == "~" else self.operator
        first, *rest = self.values
        shown = str(first)
        if isinstance(first, Pattern) and shown.startswith("~"):
            shown = first.guarded()
        return f"{name}{sign}{','.join([shown, *map(str, rest)])}"


@dataclass(frozen=True, slots=True)
class Word:
    """A text that is looked for everywhere in a letter."""

    text: Pattern

    def __str__(self) -> str:
        """The text, quoted where it would be read as something else."""
        shown = str(self.text)
        return self.text.guarded() if read_as_more_than_a_word(shown) else shown


@dataclass(frozen=True, slots=True)
class Not:
    """What the part does not match."""

    part: Expression

    def __str__(self) -> str:
        """The part with `!` before it: unlike `-`, a command line takes it for no flag."""
        return f"!{_grouped(self.part)}"


@dataclass(frozen=True, slots=True)
class And:
    """What all of the parts match."""

    parts: tuple[Expression, ...]

    def __str__(self) -> str:
        """The parts side by side."""
        return " ".join(_grouped(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """What any of the parts matches."""

    parts: tuple[Expression, ...]

    def __str__(self) -> str:
        """The parts with `or` between."""
        return " or ".join(_grouped(part) for part in self.parts)


Expression = Comparison | Word | Not | And | Or


@dataclass(frozen=True, slots=True)
class Filter:
    """What letters have to be like; without an expression all of them match."""

    expression: Expression | None = None

    def __bool__(self) -> bool:
        """Whether anything is asked of a letter."""
        return self.expression is not None

    def __str__(self) -> str:
        """The canonical text, empty where all match."""
        return str(self.expression) if self.expression else ""


def _grouped(part: Expression) -> str:
    return f"({part})" if isinstance(part, (And, Or)) else str(part)


ALL = Filter()
"""The filter that every letter matches."""
