"""What is hidden on a screen until it is asked for: passwords, tokens, keys. Pure."""

from __future__ import annotations

import re

LONGEST_NAME = 256
"""Characters of a name, from its end, that tell whether it is one of a secret."""

HIDDEN = "••••••"
"""What stands for a secret; nothing of it shows, its length neither."""

_NAMES = (
    r"pass(?:word|wd|phrase|code)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|"
    r"secret[_-]?key|signing[_-]?key|encryption[_-]?key|credentials?|authorization|cookie|"
    r"connection[_-]?string|dsn|otp|jwt|bearer"
)
_KEY = re.compile(
    rf"(?:^|[^a-z])(?:{_NAMES})(?:s|[^a-z].*)?$|(?:password|secret|token)$", re.IGNORECASE
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# A letter says what it likes, a megabyte of it: no shape begins with a run of any length, which
# would be tried anew at each character.
_URL = re.compile(r"(?P<before>://[^\s/:@\"']*:)[^\s/@\"']+(?=@)")
_ASSIGNED = re.compile(
    rf"(?P<before>(?:{_NAMES})[\"']?\s*[=:]\s*(?:bearer\s+|basic\s+)?)"
    r"(?:\"[^\"]*\"|'[^']*'|[^\s,;&\"'}]+)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?P<before>\bbearer\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)

_SHAPES = ((_URL, ("://",)), (_ASSIGNED, ("=", ":")), (_BEARER, (" ", "\t", "\n")))
"""Each with the signs without which it is nowhere: they are looked for much faster."""


def is_secret(name: str) -> bool:
    """Return whether what goes by this name is to be hidden: `dbPassword`, `API_KEY`, `token`."""
    return bool(_KEY.search(_HUMP.sub("_", name[-LONGEST_NAME:])))


def without_secrets(text: str) -> str:
    """Return a text with what looks like a secret in it hidden: in URLs, after `password=`."""
    for shape, signs in _SHAPES:
        if any(sign in text for sign in signs):
            text = shape.sub(lambda found: f"{found['before']}{HIDDEN}", text)
    return text
