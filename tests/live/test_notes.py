from __future__ import annotations

from collections.abc import Sequence

import pytest

from farutech_console.operations.audit.notes import LONGEST, read_notes, write_note
from farutech_console.operations.errors import NoteError, ReadOnlyError
from tests.support.nats_server import NatsServer
from tests.support.operating import OPERATOR, operated
from tests.support.queues import LayoutKind, queue

LAYOUTS: Sequence[LayoutKind] = ("fresh", "go")


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_the_newest_note_of_each_cause_counts(
    nats_server: NatsServer, kind: LayoutKind
) -> None:
    async with queue(nats_server, kind) as q:
        o, ben = operated(q), operated(q, operator="ben@desk")
        assert await read_notes(o) == {}
        await write_note(o, "c0ffee11", "call the DBA")
        await write_note(o, "deadbeef", "  known: \x1b[2J[red]\nsecond line  ")
        await write_note(ben, "c0ffee11", "fixed with 1.2")
        notes = await read_notes(o)
        assert notes["c0ffee11"].text == "fixed with 1.2"
        assert notes["c0ffee11"].by == "ben@desk"
        assert notes["deadbeef"].text == "known: \x1b[2J[red]\nsecond line"
        assert notes["deadbeef"].by == OPERATOR
        await write_note(o, "c0ffee11", "")
        assert list(await read_notes(o)) == ["deadbeef"]


async def test_what_is_no_note_is_refused(nats_server: NatsServer) -> None:
    async with queue(nats_server) as q:
        o = operated(q)
        with pytest.raises(NoteError, match="no key of a cause"):
            await write_note(o, "connection refused", "x")
        with pytest.raises(NoteError, match="at most"):
            await write_note(o, "c0ffee11", "x" * (LONGEST + 1))
        with pytest.raises(ReadOnlyError):
            await write_note(operated(q, read_only=True), "c0ffee11", "x")
        assert await read_notes(o) == {}
