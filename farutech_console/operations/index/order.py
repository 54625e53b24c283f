"""In which order letters are shown. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

SortKey = Literal["seq", "died", "task", "tenant", "type", "error", "tries", "replays", "expires"]
SORT_KEYS: tuple[SortKey, ...] = get_args(SortKey)
"""What letters can be sorted by: the columns of the table."""


@dataclass(frozen=True, slots=True)
class Order:
    """By what letters are sorted; those alike in it come newest first.

    Texts are compared whatever their case. A letter that is kept for ever expires last.
    """

    key: SortKey = "seq"
    descending: bool = True


NEWEST = Order()
"""The newest first: the order in which they are read."""
