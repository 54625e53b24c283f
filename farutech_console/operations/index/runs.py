"""A run that goes by: what it deleted need not be looked for."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from farutech_console.operations.index.letters import LetterIndex
from farutech_console.operations.model import Outcome

GONE = frozenset({"replayed", "already", "purged"})
"""Outcomes after which there is no such letter."""
AT_ONCE = 500


async def noted(
    outcomes: AsyncGenerator[Outcome, None], index: LetterIndex | None
) -> AsyncGenerator[Outcome, None]:
    """Yield the outcomes; the index, where there is one, forgets letters that are gone."""
    gone: list[int] = []
    async with aclosing(outcomes):
        async for outcome in outcomes:
            if index is not None and outcome.outcome in GONE:
                gone.append(outcome.sequence)
                if len(gone) >= AT_ONCE:
                    await index.forget(gone)
                    gone = []
            yield outcome
    if index is not None:
        await index.forget(gone)
        index.poke()
