"""What the server says when a user may not publish or subscribe somewhere."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Verb = Literal["publish", "subscribe"]

_DENIED = re.compile(r"permissions violation for (publish|subscription) to \"([^\"]+)\"")


class Denial(NamedTuple):
    """One refusal. `subject` is in lower case, as nats-py hands on what the server says."""

    verb: Verb
    subject: str

    def is_of(self, verb: Verb, subject: str) -> bool:
        """Return whether this is what was refused."""
        return self.verb == verb and self.subject == subject.lower()


def read_denial(words: str) -> Denial | None:
    """Return the refusal that an error of the client tells of, None where it tells of another."""
    found = _DENIED.search(words.lower())
    if found is None:
        return None
    return Denial("publish" if found[1] == "publish" else "subscribe", found[2])


def denied_in_words(verb: Verb, subject: str) -> str:
    """Return what an operator reads of a refusal."""
    return f"our user may not {verb} to {subject}"


def no_answers_in_words(inbox: str) -> str:
    """Return what an operator reads where the subject on which answers come is refused."""
    return f"our user may not subscribe to {inbox}, where answers come: give an --inbox-prefix"
