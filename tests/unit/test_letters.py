"""What a dead letter says, and what of it may go along."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from worker.handlers.call import Failed
from worker.model.dead_letter import MAX_TRACEBACK, DeadLetter
from worker.model.delivery import Delivery, read_delivery
from worker.model.names import carried_headers, death_key
from worker.model.replay import replay_count
from worker.model.retry import Failure
from worker.model.task import Task
from worker.runtime.letters import MAX_REMEMBERED, Letters, last_bytes

GO_KEYS = ["task", "error", "final_attempt", "dlq_timestamp", "worker_id"]
WHY = Failed(Failure("permanent"), "no plan", "Permanent", "é" * MAX_TRACEBACK)
TASK = Task(task_id="t-1", task_type="provision", attempt=1)


class StoppedClock:
    """A clock that shows what it is told."""

    def __init__(self) -> None:
        self.minute = 0

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 2, self.minute, 0, 500, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


def delivery(count: int = 1, sequence: int = 7, **headers: str) -> Delivery:
    return read_delivery(f"$JS.ACK.S.c.{count}.{sequence}.9.1700.0", b"\xff", headers, 0.0)


def letters() -> tuple[Letters, StoppedClock]:
    clock = StoppedClock()
    return Letters("w-1", "provisioning.tasks", clock), clock


def test_the_go_fleets_keys_come_first_with_their_meaning() -> None:
    made = letters()[0].letter(delivery(3), TASK, "permanent", WHY)
    wire = json.loads(made.to_wire())
    assert list(wire)[:5] == GO_KEYS
    assert wire["task"]["attempt"] == wire["final_attempt"] == 3
    assert wire["dlq_timestamp"] == "2026-11-23T02:00:00.000500Z"
    assert wire["source"] == {"stream": "S", "sequence": 7, "subject": "provisioning.tasks"}
    assert "raw" not in wire
    assert DeadLetter.from_wire(made.to_wire()) == made


def test_the_traceback_is_cut_to_its_end() -> None:
    made = letters()[0].letter(delivery(), TASK, "permanent", WHY)
    assert made.traceback is not None
    assert len(made.traceback.encode()) <= MAX_TRACEBACK
    assert last_bytes("héllo", 4) == "llo"
    assert last_bytes("é\ud800", 100) == "é\\ud800"


def test_only_what_was_no_task_is_kept_as_bytes() -> None:
    made = letters()[0].letter(delivery(), Task(), "invalid", WHY)
    assert made.raw_bytes() == b"\xff"


def test_the_first_failure_is_told_where_it_was_seen() -> None:
    writer, clock = letters()
    writer.remember_failure(delivery(1, sequence=1))
    writer.remember_failure(delivery(2, sequence=2))
    clock.minute = 9
    first = writer.letter(delivery(5, sequence=1), TASK, "attempts_exhausted", WHY)
    elsewhere = writer.letter(delivery(5, sequence=2), TASK, "attempts_exhausted", WHY)
    assert first.first_failed_at == "2026-11-23T02:00:00.000500Z"
    assert elsewhere.first_failed_at is None
    writer.forget(delivery(sequence=1))
    assert writer.letter(delivery(5, 1), TASK, "permanent", WHY).first_failed_at is None


def test_what_is_remembered_has_a_bound() -> None:
    writer, _ = letters()
    for sequence in range(MAX_REMEMBERED + 1):
        writer.remember_failure(delivery(1, sequence))
    assert writer.letter(delivery(5, 0), TASK, "permanent", WHY).first_failed_at is None
    assert writer.letter(delivery(5, 1), TASK, "permanent", WHY).first_failed_at is not None


@pytest.mark.parametrize(
    ("said", "count"), [("3", 3), ("", 0), ("-1", 0), ("many", 0), ("٣", 0), ("9" * 400, 0)]
)
def test_the_replay_count_is_taken_from_the_header(said: str, count: int) -> None:
    assert replay_count({"Farutech-Replay-Count": said}) == count
    assert replay_count({}) == 0


def test_headers_that_mean_something_to_the_server_stay_behind() -> None:
    sent = {
        "Nats-Msg-Id": "x",
        "nats-ttl": "1s",
        "NATS-Expected-Stream": "S",
        "traceparent": "00-a-b-01",
        "Farutech-Replay-Of": "1-2",
        "Status": "409",
        "Nats": "just a name",
        "bad name": "x",
        "bäd": "x",
    }
    assert list(carried_headers(sent)) == ["traceparent", "Farutech-Replay-Of", "Status", "Nats"]


def test_a_death_has_one_name() -> None:
    assert death_key("20261124", 7) == "dead-20261124-7"
