"""JSON as the wire allows it: strict on the way in, exact on the way out."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from pydantic_core import from_json, to_json

MAX_DEPTH = 100
"""Nesting allowed in a message; deeper ones are refused before anything recurses over them."""

MAX_DIGITS = 308
"""Digits allowed in a number: what a float64, Go's number for unknown keys, can still hold."""


class InvalidJsonError(ValueError):
    """The bytes are not JSON that every reader of the wire understands alike."""


def loads(data: bytes) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return the JSON value in `data`.

    Raises:
        InvalidJsonError: not UTF-8, not JSON, a key given twice, a number beyond float64,
            NaN or infinity, or nesting deeper than `MAX_DEPTH`.
    """
    if is_modest(data):
        try:
            value = from_json(data, allow_inf_nan=False, cache_strings="keys")
            if comes_out_as(data, value):
                return value
        except ValueError:
            # What is wrong, if anything is, a closer look tells.
            pass
        return _read_closely(data)
    value = _read_closely(data)
    if _depth(value) > MAX_DEPTH:
        raise InvalidJsonError(_too_deep())
    return value


def is_modest(data: bytes) -> bool:
    """Return whether neither nesting nor a number in `data` can be beyond what is allowed."""
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH:
        return False
    # As many digits as there are at most in one number.
    size = len(data)
    return size <= MAX_DIGITS or size - len(data.translate(None, b"0123456789")) <= MAX_DIGITS


def comes_out_as(data: bytes, value: Any) -> bool:  # noqa: ANN401 - JSON has no narrower type
    """Return whether `value`, which was read of `data`, is written as the same bytes.

    Then nothing was passed over: no key is there twice, and no number that JSON does not have.

    Raises:
        ValueError: it cannot be written.
    """
    return to_json(value, inf_nan_mode="null") == data


def dumps(value: Any) -> bytes:  # noqa: ANN401 - JSON has no narrower type
    """Return `value` as compact UTF-8 JSON; lone surrogates stay escaped, as they came."""
    try:
        return _COMPACT.encode(value).encode("utf-8")
    except UnicodeEncodeError:
        return _COMPACT_ASCII.encode(value).encode("ascii")


def dumps_read(value: Any) -> bytes:  # noqa: ANN401 - JSON has no narrower type
    """Return what `loads` gave, or parts of it, as `dumps` would, five times as fast."""
    try:
        return to_json(value)
    except ValueError:
        # Lone surrogates.
        return dumps(value)


def _read_closely(data: bytes) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return the JSON value in `data`, with a look at every key and number: four times as slow."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidJsonError(f"not UTF-8 at byte {error.start}") from error
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        what = error.msg.removesuffix(" at")
        raise InvalidJsonError(f"not JSON: {what} at {where}") from error
    except RecursionError as error:
        raise InvalidJsonError(_too_deep()) from error


def _too_deep() -> str:
    return f"nested deeper than {MAX_DEPTH} levels"


def _depth(value: Any) -> int:  # noqa: ANN401 - JSON has no narrower type
    deepest = 0
    open_values = [(value, 1)]
    while open_values:
        current, level = open_values.pop()
        if not isinstance(current, (dict, list)):
            continue
        deepest = max(deepest, level)
        if deepest > MAX_DEPTH:
            break
        children = current.values() if isinstance(current, dict) else current
        open_values.extend((child, level + 1) for child in children)
    return deepest


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise InvalidJsonError(f"key {key!r} is given twice")
        seen.add(key)
    return found


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise InvalidJsonError(f"a number of {len(text)} digits")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise InvalidJsonError(f"the number {text[:40]} is beyond float64")
    return number


def _no_constant(text: str) -> NoReturn:
    raise InvalidJsonError(f"{text} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique_keys,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=_no_constant,
)
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_COMPACT_ASCII = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=False)
