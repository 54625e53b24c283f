"""What the worker's library says of servers, which is English, in the operator's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from farutech_console.language import msg, tr

SENTENCES = (
    msg("our user may not subscribe to {inbox}, where answers come: give an --inbox-prefix"),
    msg("our user may not {verb} to {subject}"),
    msg("there is no stream {name}: start a worker, it creates it"),
    msg("no stream takes {subject}: start a worker, it creates one"),
    msg("no NATS server answers at {server} ({why})"),
    msg("no NATS server answers at {server}"),
    msg("the server refused us: {why}; check {flags}"),
    msg("no answer in time: is it a NATS server?"),
    msg("{subject}: no answer from the server"),
    msg("{subject}: the connection was lost before the answer"),
    msg("{subject}: nobody answers, is JetStream on?"),
    msg("{subject}: nobody answers"),
    msg("{subject}: no stream takes this subject"),
    msg("{subject}: not connected"),
    msg("JetStream has no leader: are more than half of its cluster's servers up? ({subject})"),
    msg("connection lost"),
)
"""Its sentences that an operator meets, each before those that it would be taken for."""


def retold(text: str) -> str:
    """Return what the library said in the operator's language, or as it is: others speak, too."""
    return told_by(SENTENCES, text) or text


def told_by(
    sentences: tuple[str, ...], text: str, within: Callable[[str], str] = lambda part: part
) -> str:
    """Return a text that is one of the sentences in the operator's language, else nothing.

    `within` tells what is filled in for a `{name}` of the sentence.
    """
    for pattern, sentence in _patterns(sentences):
        if found := pattern.fullmatch(text):
            parts = {name: within(part) for name, part in found.groupdict().items()}
            return tr(sentence, **parts)
    return ""


@cache
def _patterns(sentences: tuple[str, ...]) -> Sequence[tuple[re.Pattern[str], str]]:
    return tuple((_pattern(sentence), sentence) for sentence in sentences)


def _pattern(sentence: str) -> re.Pattern[str]:
    """Return what the sentence looks like once its `{names}` are filled in."""
    parts = re.split(r"\{(\w+)\}", sentence)
    named = (f"(?P<{part}>.+)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
    return re.compile("".join(named), re.DOTALL)
