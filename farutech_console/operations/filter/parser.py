"""From a filter's text to the filter, or to words about what is wrong with it and where."""

from __future__ import annotations

import difflib
import re

from farutech_console.language import tr
from farutech_console.operations.filter.keys import KEYS, Key
from farutech_console.operations.filter.model import (
    And,
    Comparison,
    Expression,
    Filter,
    FilterError,
    Moment,
    Not,
    Or,
    Pattern,
    Range,
    Scalar,
    Span,
    Value,
    Word,
)
from farutech_console.operations.filter.syntax import (
    BARE,
    KEY,
    NEGATIONS,
    QUOTED,
    Operator,
    unquoted,
)
from farutech_console.operations.filter.values import WORDS, scalar

DEEPEST = 50
"""Brackets and negations within each other, at most."""

_BLANK = re.compile(r"\s*")
_RESERVED = re.compile(r"(and|or|not)(?=[\s()]|$)", re.IGNORECASE)
_RAW = re.compile(r"[^\s\",()]+")
_SIGNS: dict[str, Operator] = {
    ":": ":",
    "=": ":",
    "!=": ":",
    ":~": "~",
    "~": "~",
    "!~": "~",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}


def parse_filter(text: str) -> Filter:
    """Return the filter that `text` says; an empty one matches every letter.

    Raises:
        FilterError: it says none; the words tell what would be right.
    """
    return _Parser(text).filter()


class _Parser:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def filter(self) -> Filter:
        self._skip_blank()
        if self._ended():
            return Filter()
        expression = self._either()
        if not self._ended():
            raise self._error(tr("this bracket closes nothing: quote text that has brackets"))
        return Filter(expression)

    def _either(self) -> Expression:
        parts = [self._both()]
        while self._take_reserved("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _both(self) -> Expression:
        parts = [self._part()]
        while not self._ended() and self._peek() != ")" and self._reserved() != "or":
            self._take_reserved("and")
            parts.append(self._part())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _part(self) -> Expression:
        start = self._at
        if self._ended() or self._peek() == ")" or self._reserved() in ("or", "and"):
            raise self._error(tr("something to look for is missing here"))
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error(tr("brackets and negations go at most {n} deep", n=DEEPEST))
        if self._take_reserved("not"):
            part: Expression = Not(self._part())
        elif self._peek() in NEGATIONS:
            self._at += 1
            if self._ended() or self._peek().isspace():
                raise self._error(tr("what is not to match is missing here"), start)
            part = Not(self._part())
        elif self._peek() == "(":
            part = self._bracketed()
        else:
            part = self._test_or_word()
        self._depth -= 1
        return part

    def _bracketed(self) -> Expression:
        start = self._at
        self._at += 1
        self._skip_blank()
        part = self._either()
        if self._ended():
            raise self._error(tr("this bracket is never closed"), start)
        self._at += 1
        self._skip_blank()
        return part

    def _test_or_word(self) -> Expression:
        match = KEY.match(self._text, self._at)
        part: Expression = Word(self._pattern()) if match is None else self._test(match)
        if not self._ended() and self._peek() == ",":
            raise self._error(tr("a comma stands between the values of a key: else quote it"))
        if not self._ended() and self._peek() == "(":
            raise self._error(tr('text that has brackets is quoted: "f(x)"'))
        self._skip_blank()
        return part

    def _test(self, match: re.Match[str]) -> Expression:
        key = self._key(match)
        sign = match["sign"]
        operator = _SIGNS[sign]
        if operator not in key.operators:
            raise self._error(_no_such_operator(key, operator), match.start("sign"))
        self._at = match.end()
        values = [self._value(key, operator)]
        while not self._ended() and self._peek() == ",":
            if operator not in (":", "~"):
                raise self._error(tr("only one value can follow {operator}", operator=operator))
            self._at += 1
            values.append(self._value(key, operator))
        test = Comparison(key.name, match["path"] or "", operator, tuple(values))
        return Not(test) if sign.startswith("!") else test

    def _key(self, match: re.Match[str]) -> Key:
        key = KEYS.get(match["name"].lower())
        if key is None:
            raise self._error(_no_such_key(match))
        if key.pathed and not match["path"]:
            wanted = tr(
                "{key} wants a name after a dot: {example}", key=key.name, example=key.example
            )
            raise self._error(wanted)
        if match["path"] and not key.pathed:
            refused = tr("{key} takes no path: {example}", key=key.name, example=key.example)
            raise self._error(refused)
        return key

    def _value(self, key: Key, operator: Operator) -> Value:
        start = self._at
        if self._ended() or self._peek().isspace() or self._peek() in ",()":
            said = self._text[:start].split()[-1] if self._text[:start].split() else key.name
            raise self._error(tr("a value is missing after {said}", said=said))
        if key.kind in ("number", "age", "time") or operator not in (":", "~"):
            return self._scalar_or_range(key, operator)
        pattern = self._pattern()
        if key.choices and operator == ":" and not _is_possible(pattern, key):
            choices = ", ".join(key.choices)
            raise self._error(
                tr("a {key} is one of {choices}", key=key.name, choices=choices), start
            )
        return pattern

    def _scalar_or_range(self, key: Key, operator: Operator) -> Value:
        start = self._at
        match = _RAW.match(self._text, start)
        text = match.group() if match else ""
        self._at += len(text)
        low, dots, high = text.partition("..")
        if not dots:
            if key.kind == "age" and operator == ":":
                words = tr("compare it: {key}>2h, {key}<2h, or {key}:1h..2h", key=key.name)
                raise self._error(words, start)
            return self._scalar(key, text, start)
        if operator != ":":
            words = tr("a range follows a colon: {key}:{text}", key=key.name, text=text)
            raise self._error(words, start)
        if not (low or high):
            raise self._error(tr("a range has a beginning or an end"), start)
        return self._range(key, low, high, start)

    def _range(self, key: Key, low: str, high: str, start: int) -> Range:
        lowest = self._scalar(key, low, start) if low else None
        highest = self._scalar(key, high, start + len(low) + 2) if high else None
        if lowest is not None and highest is not None and _order(lowest) > _order(highest):
            words = tr("a range goes from the smaller to the larger: {text}", text=f"{high}..{low}")
            raise self._error(words, start)
        return Range(lowest, highest)

    def _scalar(self, key: Key, text: str, start: int) -> Scalar:
        value = scalar(key.kind, text)
        if value is None:
            raise self._error(
                tr("{key} is {words}", key=key.name, words=tr(WORDS[key.kind])), start
            )
        return value

    def _pattern(self) -> Pattern:
        start = self._at
        pieces = [""]
        while not self._ended():
            char = self._peek()
            if char == "*":
                pieces.append("")
                self._at += 1
            elif char == '"':
                pieces[-1] += self._quoted_text()
            elif match := BARE.match(self._text, self._at):
                pieces[-1] += match.group()
                self._at = match.end()
            else:
                break
        if self._at == start:
            raise self._error(tr("a comma stands between the values of a key: else quote it"))
        return Pattern(tuple(pieces))

    def _quoted_text(self) -> str:
        match = QUOTED.match(self._text, self._at)
        if match is None:
            raise self._error(tr("this quote is never closed"))
        self._at = match.end()
        return unquoted(match[1])

    def _ended(self) -> bool:
        return self._at >= len(self._text)

    def _peek(self) -> str:
        return self._text[self._at]

    def _reserved(self) -> str:
        match = _RESERVED.match(self._text, self._at)
        return match.group().lower() if match else ""

    def _take_reserved(self, word: str) -> bool:
        if self._reserved() != word:
            return False
        self._at += len(word)
        self._skip_blank()
        return True

    def _skip_blank(self) -> None:
        match = _BLANK.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _error(self, message: str, at: int | None = None) -> FilterError:
        return FilterError(message, (self._at if at is None else at) + 1)


def _no_such_key(match: re.Match[str]) -> str:
    name = match["name"]
    close = difflib.get_close_matches(name.lower(), KEYS, n=1)
    guess = tr("there are {keys}.", keys=", ".join(KEYS))
    if close:
        guess = tr("did you mean {key}?", key=close[0])
    return tr(
        "there is no key {name}: {guess} Text with a {sign} in it is quoted",
        name=name,
        guess=guess,
        sign=match["sign"][-1],
    )


def _no_such_operator(key: Key, operator: Operator) -> str:
    signs = [":~" if sign == "~" else sign for sign in key.operators]
    return tr(
        "{key} takes {signs} and not {operator}: {example}",
        key=key.name,
        signs=" ".join(signs),
        operator=operator,
        example=key.example,
    )


def _is_possible(pattern: Pattern, key: Key) -> bool:
    (text, *more) = pattern.pieces
    return bool(more) or text == "" or text.lower() in key.choices


def _order(value: Scalar) -> float:
    if isinstance(value, Moment):
        return value.start.timestamp()
    return value.length.total_seconds() if isinstance(value, Span) else value.value
