"""Replays with another task than the letter's own, which nobody has any more once cut off."""

from __future__ import annotations

from worker.jetstream.moves.archive import Archive, edited_key
from worker.jetstream.replays.claims import Claim


async def is_cut_off_edit(archive: Archive, claim: Claim) -> bool:
    """Return whether what a claim was to send is no letter's task: to send that would be wrong."""
    if claim.step == "published":
        return False
    return await archive.copy(edited_key(claim.key, claim.run)) is not None
