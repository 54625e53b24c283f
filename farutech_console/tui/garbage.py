"""When Python's garbage collector works: a full look takes as long as a page, so none waits for it.

Hardly anything is garbage that only the collector finds. Left alone it looks through all there is
every three seconds while somebody pages through letters, and that page takes twice as long.
"""

from __future__ import annotations

import gc

YOUNG = 2_000
"""New objects at which the collector looks at them."""
MIDDLE = 10
"""Such looks after which it looks again at what was left of them."""
DUE = 2
"""Looks at what was left after which a full one is made, once nobody types."""
OVERDUE = 10
"""After so many it is made at once: some 200,000 objects were made and are still there."""


def hold() -> None:
    """Collect nothing until `begin`: what is made meanwhile stays, nearly all of it."""
    gc.disable()


def begin() -> None:
    """Collect what is made from here on; what there is need not be looked at again."""
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OVERDUE)
    gc.enable()


def collect_if_due() -> None:
    """Make a full look if there is something to look at; meant for when nobody types."""
    if gc.get_count()[2] >= DUE:
        gc.collect()
