"""Dead letters as lines of a file: JSON Lines that keep every byte, and CSV for people."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from worker.model import wire_json
from worker.model.names import is_sendable
from worker.model.text import literal

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of a line that are read; a longer one is no dead letter of any server."""
CSV_COLUMNS = (
    "sequence",
    "died_at",
    "task_id",
    "tenant_id",
    "task_type",
    "module_id",
    "reason",
    "error",
    "attempts",
    "replays",
    "worker_id",
    "expires_at",
)

_GENERATION = re.compile(r"[0-9]{1,32}")
_LAST = 2**63 - 1
# What a spreadsheet takes for the beginning of a formula; the wide forms too.
_FORMULA = re.compile(r"[\s\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20|]")


class InvalidLineError(ValueError):
    """The line is no exported dead letter; the text says why."""


class Exported(Protocol):
    """What of a letter goes into a line."""

    @property
    def sequence(self) -> int:
        """Its place in the stream of the dead letters."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers as stored."""

    @property
    def body(self) -> bytes:
        """Its payload as stored."""


@dataclass(frozen=True, slots=True)
class Line:
    """A letter as a line has it.

    `generation` and `sequence` say where it lay when it was exported, and stay its name for good.
    """

    generation: str
    sequence: int
    headers: Mapping[str, str]
    body: bytes


def to_line(letter: Exported, generation: str, told: Mapping[str, Any]) -> bytes:
    """Return a letter as a line of JSON; `told` are further keys, for whoever reads it.

    The body is `body`, its text, where that is UTF-8, else `body_base64`.
    """
    record: dict[str, Any] = {
        **told,
        "generation": generation,
        "sequence": letter.sequence,
        "headers": dict(letter.headers),
    }
    try:
        record["body"] = letter.body.decode("utf-8")
    except UnicodeDecodeError:
        record["body_base64"] = base64.b64encode(letter.body).decode("ascii")
    return wire_json.dumps(record) + b"\n"


def from_line(line: bytes) -> Line:
    """Return the letter in a line; keys that are unknown are passed over.

    Raises:
        InvalidLineError: it is none.
    """
    if len(line) > LONGEST_LINE:
        raise InvalidLineError(f"longer than {LONGEST_LINE} bytes")
    try:
        record = wire_json.loads(line)
    except wire_json.InvalidJsonError as error:
        raise InvalidLineError(str(error)) from error
    if not isinstance(record, dict):
        raise InvalidLineError("not a JSON object")
    generation, sequence = record.get("generation"), record.get("sequence")
    if not isinstance(generation, str) or not _GENERATION.fullmatch(generation):
        raise InvalidLineError("generation is missing, or no string of digits")
    if type(sequence) is not int or not 0 < sequence <= _LAST:
        raise InvalidLineError("sequence is missing, or no positive integer")
    return Line(generation, sequence, _headers(record.get("headers", {})), _body(record))


def _headers(said: Any) -> dict[str, str]:  # noqa: ANN401 - whatever JSON held
    if not isinstance(said, dict):
        raise InvalidLineError("headers is no object")
    for name, value in said.items():
        if not is_sendable(name):
            raise InvalidLineError(f"headers: {name[:40]!r} is no name of a header")
        if not isinstance(value, str) or any(char in value for char in "\r\n\0"):
            raise InvalidLineError(f"headers: {name[:40]} is no text of one line")
        if not _is_unicode(value):
            raise InvalidLineError(f"headers: {name[:40]} has half of a character")
    return said


def _body(record: Mapping[str, Any]) -> bytes:
    text, encoded = record.get("body"), record.get("body_base64")
    if (text is None) == (encoded is None):
        raise InvalidLineError("one of body and body_base64 is needed")
    if text is not None:
        if not isinstance(text, str):
            raise InvalidLineError("body is no string: it is the text of the message")
        if not _is_unicode(text):
            raise InvalidLineError("body has half of a character")
        return text.encode("utf-8")
    if not isinstance(encoded, str):
        raise InvalidLineError("body_base64 is no string")
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidLineError("body_base64 is not base64") from error


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def csv_row(values: Sequence[object]) -> bytes:
    """Return a line of CSV in which no spreadsheet finds a formula, and no terminal a command."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([_cell(value) for value in values])
    return line.getvalue().encode("utf-8")


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = literal(str(value))
    return f"'{text}" if not isinstance(value, int) and _FORMULA.match(str(value)) else text
