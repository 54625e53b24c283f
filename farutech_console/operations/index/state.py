"""How far the index is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IndexState:
    """What the index holds: every letter of sequences from `low` to `high`.

    `indexed` of `depth` letters; `complete` once those are all. `removals` grows when letters were
    dropped, `failure` says why it does not go on, empty where it does.
    """

    indexed: int = 0
    depth: int = 0
    low: int = 0
    high: int = -1
    complete: bool = False
    removals: int = 0
    failure: str = ""
