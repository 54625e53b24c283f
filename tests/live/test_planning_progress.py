"""Whoever waits for a plan is told how far it is, across the thread that reads for it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from farutech_console.operations.letters.selection import ScanProgress
from farutech_console.operations.live.backend import LiveBackend
from farutech_console.operations.live.threaded import ThreadedBackend
from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, LayoutKind, queue
from tests.support.waiting import eventually
from worker.jetstream.reading import scan
from worker.model.link import ConnectionOptions

LAYOUTS: Sequence[LayoutKind] = ("fresh", "go")


class Listener:
    """Remembers what it was told, and where."""

    def __init__(self) -> None:
        self.told: list[ScanProgress] = []
        self.threads: set[int] = set()

    def tell(self, progress: ScanProgress) -> None:
        self.told.append(progress)
        self.threads.add(threading.get_ident())

    @property
    def ends(self) -> tuple[ScanProgress, ScanProgress]:
        return self.told[0], self.told[-1]


@pytest.mark.parametrize("kind", LAYOUTS)
async def test_plans_tell_how_far_they_are(
    nats_server: NatsServer, kind: LayoutKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "STRETCH", 10)
    options = ConnectionOptions(servers=(nats_server.url,))
    async with (
        queue(nats_server, kind) as q,
        ThreadedBackend(lambda: LiveBackend(options, NAMES)) as backend,
    ):
        await eventually(lambda: backend.link().connected)
        kept = await q.bury_many(45)
        replay, purge, few, undo = Listener(), Listener(), Listener(), Listener()
        await backend.plan_replay(None, progress=replay.tell)
        plan = await backend.plan_purge(None, purge.tell)
        await backend.plan_purge(kept[:7], few.tell)
        assert replay.ends == purge.ends == (ScanProgress(0, 0, 45), ScanProgress(45, 45, 45))
        assert few.ends == (ScanProgress(0, 0, 7), ScanProgress(7, 7, 7))
        assert len([outcome async for outcome in backend.run(plan)]) == 45
        back = await backend.plan_undo(progress=undo.tell)
        # The archive holds what is written down of a purge, too.
        begun, ended = undo.ends
        assert (begun.scanned, begun.depth) == (0, ended.depth)
        assert ended.scanned == ended.depth >= 45
        assert len(undo.told) > 3
        assert len([outcome async for outcome in backend.undo(back)]) == 45
        entry = next(one for one in (await backend.audit(5)).entries if one.action == "undo")
        returned = Listener()
        await backend.plan_purge_of_returned(entry, returned.tell)
        assert returned.ends == (ScanProgress(0, 0, 45), ScanProgress(45, 45, 45))
        assert returned.told.count(ScanProgress(0, 0, 45)) == 2
        for listener in (replay, purge, few, undo, returned):
            assert threading.get_ident() not in listener.threads
