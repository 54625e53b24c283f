"""Processes that a test kills."""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing.context import ForkServerContext, SpawnContext


def context(module: str) -> ForkServerContext | SpawnContext:
    """How processes are made: forked from one that has imported this module, and nothing else."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload([module])
    return forking
