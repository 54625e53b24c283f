"""How much two cores of this machine are two: many a virtual one is half of a real one."""

from __future__ import annotations

import statistics
import subprocess
import sys

TIMES = 5
_LOOP = """
import time
began, kept = time.process_time(), {}
for number in range(1_000_000):
    kept[number & 1023] = str(number)
print(time.process_time() - began)
"""


def slowed_by_a_second() -> float:
    """Return how many times the processor time a loop takes while another runs on the next core."""
    alone, beside = [], []
    for _ in range(TIMES):
        alone.append(_seconds(1))
        beside.append(_seconds(2))
    return statistics.median(beside) / statistics.median(alone)


def _seconds(at_once: int) -> float:
    loops = [
        subprocess.Popen([sys.executable, "-c", _LOOP], stdout=subprocess.PIPE, text=True)
        for _ in range(at_once)
    ]
    return statistics.mean(float(loop.communicate()[0]) for loop in loops)
