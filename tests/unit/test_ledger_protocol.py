"""The ledger's protocol, with a server that does what it must and a network at its worst."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from worker.model.ledger import (
    SAFETY,
    AlreadyDone,
    Begun,
    Entry,
    Found,
    HeldBy,
    Lost,
    NotStored,
    Put,
    State,
    Step,
    Steps,
    Stored,
    begin,
    write,
)

LEASE = 10.0
EPOCH = datetime(2026, 11, 23, tzinfo=UTC)
Fate = Literal["done", "answer lost", "lost", "late"]
FATES: tuple[Fate, ...] = ("done", "done", "done", "answer lost", "lost", "late")
WORKERS = st.integers(0, 2)


@dataclass
class Server:
    """One key of the bucket. Refuses what must never be stored, whoever asks."""

    now: float = 0.0
    last: tuple[Entry, int, float] | None = None
    revision: int = 0
    begun: list[int] = field(default_factory=list)

    def put(self, put: Put) -> Stored | NotStored:
        if put.expected != (self.last[1] if self.last else 0):
            return NotStored()
        if self.last is not None:
            assert self.last[0].state != "done", "what was done is written over"
        self.revision += 1
        self.last = (put.entry, self.revision, self.now)
        return Stored(self.revision)

    def read(self) -> Found | None:
        if self.last is None:
            return None
        entry, revision, stored = self.last
        return Found(entry, revision, EPOCH + timedelta(seconds=stored), self.now - stored)


@dataclass
class Holding:
    entry: Entry
    token: int
    since: float
    over: bool = False


@dataclass
class Call:
    """A call of a worker that is under way: what it waits for, and what it is about."""

    kind: Literal["begin", "renew", "end"]
    steps: Steps[object]
    entry: Entry
    since: float
    step: Step | None = None


@dataclass
class Worker:
    """A worker's clock runs at `rate` of the server's; `SAFETY` allows for that."""

    rate: float = 1.0
    runs: int = 0
    holding: Holding | None = None
    calls: list[Call] = field(default_factory=list)


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.server = Server()
        self.workers = [Worker(), Worker(), Worker()]
        self.late: list[Put] = []

    @initialize(rates=st.lists(st.floats(1 - SAFETY + 0.01, 1.2), min_size=3, max_size=3))
    def set_clocks(self, rates: list[float]) -> None:
        for worker, rate in zip(self.workers, rates, strict=True):
            worker.rate = rate

    def clock(self, worker: Worker) -> float:
        return self.server.now * worker.rate

    def call(self, worker: Worker, kind: Literal["begin", "renew", "end"], entry: Entry) -> None:
        token = worker.holding.token if worker.holding else 0
        steps: Steps[object] = begin(entry) if kind == "begin" else write(entry, token)
        call = Call(kind, steps, entry, self.clock(worker))
        call.step = next(steps)
        worker.calls.append(call)

    @rule(index=WORKERS)
    def begins(self, index: int) -> None:
        worker = self.workers[index]
        if worker.holding is None and not worker.calls:
            worker.runs += 1
            self.call(
                worker, "begin", Entry("running", f"w{index}", f"{index}-{worker.runs}", LEASE)
            )

    @rule(index=WORKERS)
    def renews(self, index: int) -> None:
        worker = self.workers[index]
        if worker.holding and not worker.holding.over and not worker.calls:
            self.call(worker, "renew", worker.holding.entry)

    @rule(index=WORKERS, state=st.sampled_from(("done", "done", "failed")))
    def ends(self, index: int, state: State) -> None:
        worker = self.workers[index]
        if worker.holding and not worker.holding.over:
            worker.holding.over = True
            self.call(worker, "end", replace(worker.holding.entry, state=state))

    @precondition(lambda self: any(worker.calls for worker in self.workers))
    @rule(data=st.data(), fate=st.sampled_from(FATES))
    def goes_on(self, data: st.DataObject, fate: Fate) -> None:
        busy = [(worker, call) for worker in self.workers for call in worker.calls]
        worker, call = data.draw(st.sampled_from(busy))
        self.go_on(worker, call, fate)

    def go_on(self, worker: Worker, call: Call, fate: Fate) -> None:
        step = call.step
        answer: Stored | NotStored | Found | None
        if isinstance(step, Put):
            answer = self.publish(step, fate)
        elif fate == "done":
            answer = self.server.read()
        else:
            # The read fails: the call ends with an error, and nothing is known.
            call.steps.close()
            worker.calls.remove(call)
            if call.kind == "end":
                assert worker.holding is not None
                worker.holding = None
            return
        try:
            call.step = call.steps.send(answer)
        except StopIteration as end:
            worker.calls.remove(call)
            self.ended(worker, call, end.value)

    def publish(self, put: Put, fate: Fate) -> Stored | NotStored:
        if fate == "late":
            self.late.append(put)
        if fate in ("late", "lost"):
            return NotStored()
        answer = self.server.put(put)
        return answer if fate == "done" else NotStored()

    def ended(self, worker: Worker, call: Call, value: object) -> None:
        mine = self.server.last is not None and self.server.last[0].run == call.entry.run
        if call.kind == "begin":
            if isinstance(value, Begun):
                assert value.token not in self.server.begun
                assert value.token > max(self.server.begun, default=0)
                self.server.begun.append(value.token)
                worker.holding = Holding(call.entry, value.token, call.since)
            else:
                assert isinstance(value, (AlreadyDone, HeldBy))
        elif call.kind == "end":
            worker.holding = None
            if isinstance(value, Lost):
                assert not mine
            elif call.entry.state == "done":
                assert self.server.last is not None
                assert self.server.last[0] == call.entry
        elif worker.holding is not None:
            if isinstance(value, int):
                worker.holding.token = max(worker.holding.token, value)
                worker.holding.since = call.since
            else:
                worker.holding.over = True

    @precondition(lambda self: self.late)
    @rule(data=st.data())
    def arrives_late(self, data: st.DataObject) -> None:
        self.server.put(self.late.pop(data.draw(st.integers(0, len(self.late) - 1))))

    @rule(seconds=st.floats(0.1, LEASE * 1.5))
    def time_passes(self, seconds: float) -> None:
        self.server.now += seconds

    @rule(index=WORKERS)
    def dies(self, index: int) -> None:
        """It comes back as another process; what it sent may still arrive."""
        worker = self.workers[index]
        worker.holding = None
        worker.calls.clear()

    @invariant()
    def one_at_most_runs_it(self) -> None:
        running = [
            worker
            for worker in self.workers
            if (held := worker.holding) is not None
            and not held.over
            and self.clock(worker) < held.since + LEASE * (1 - SAFETY)
        ]
        assert len(running) <= 1

    def teardown(self) -> None:
        """Whatever happened, the task is done or can be run, once nobody renews it."""
        # A little more: a sum of two floats, less the one, may fall short of the other.
        self.server.now += LEASE + 0.001
        fresh = Worker()
        self.call(fresh, "begin", Entry("running", "fresh", "fresh-1", LEASE))
        call = fresh.calls[0]
        while fresh.calls:
            self.go_on(fresh, call, "done")
        assert self.server.last is not None
        assert self.server.last[0].state == "done" or fresh.holding is not None


LedgerMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestLedgerMachine = LedgerMachine.TestCase
