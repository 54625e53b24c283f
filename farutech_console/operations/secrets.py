"""What is hidden on a screen until it is asked for: passwords, tokens, keys. Pure."""

from __future__ import annotations

import re

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
_URL = re.compile(r"(?P<before>[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@\"']*:)[^\s/@\"']+(?=@)")
_ASSIGNED = re.compile(
    rf"(?P<before>(?<![A-Za-z])[\w-]*(?:{_NAMES})[\"']?\s*[=:]\s*(?:bearer\s+|basic\s+)?)"
    r"(?:\"[^\"]*\"|'[^']*'|[^\s,;&\"'}]+)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?P<before>\bbearer\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Return whether what goes by this name is to be hidden: `dbPassword`, `API_KEY`, `token`."""
    return bool(_KEY.search(_HUMP.sub("_", name)))


def without_secrets(text: str) -> str:
    """Return a text with what looks like a secret in it hidden: in URLs, after `password=`."""
    for shape in (_URL, _ASSIGNED, _BEARER):
        text = shape.sub(lambda found: f"{found['before']}{HIDDEN}", text)
    return text
