"""Garbage that grew old is looked for while nobody types, and at the latest when much was made."""

from __future__ import annotations

import subprocess
import sys

# The collector is one for a whole process, so this is done in one of its own.
PROBE = """
import gc, json, weakref
from farutech_console.tui import garbage

class Ring:
    def __init__(self):
        self.me = self

def grow_old(looks):
    kept.append([[] for _ in range(garbage.YOUNG * garbage.MIDDLE * looks)])

def old_garbage():
    ring = Ring()
    grow_old(garbage.DUE + 1)
    return weakref.ref(ring)

kept = []
garbage.hold()
kept.append([[] for _ in range(10 * garbage.YOUNG)])
held = gc.get_count()[0] > garbage.YOUNG
garbage.begin()
frozen = gc.get_freeze_count() > 10 * garbage.YOUNG
gone = old_garbage()
gc.collect()
assert gone() is None

gone = old_garbage()
by_itself = gone() is None
garbage.collect_if_due()
when_due = gone() is None

garbage.collect_if_due()
looked = gc.get_stats()[2]["collections"]
garbage.collect_if_due()
in_vain = gc.get_stats()[2]["collections"] > looked

gone = old_garbage()
grow_old(garbage.OVERDUE + 1)
overdue = gone() is None
print(json.dumps([held, frozen, by_itself, when_due, in_vain, overdue]))
"""


def test_old_garbage_waits_until_nobody_types() -> None:
    run = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=60)
    assert run.stderr == ""
    assert run.stdout.strip() == "[true, true, false, true, false, true]"
