"""The Go publisher's flags."""

from __future__ import annotations

import json

import pytest

from tests.support.queues import SAMPLES
from worker.model.clock import SystemClock
from worker.model.task import encode_task
from worker.publish_cli import long_flags, main, new_tasks


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["-type", "provision", "-count=3"], ["--type", "provision", "--count=3"]),
        (["--nats", "nats://x", "-module", "erp"], ["--nats", "nats://x", "--module", "erp"]),
        (["-tenant", "-type"], ["--tenant", "--type"]),
        (["-h", "-help", "-x", "-counter"], ["-h", "--help", "-x", "-counter"]),
    ],
)
def test_one_dash_is_as_good_as_two(given: list[str], read: list[str]) -> None:
    assert long_flags(given) == read


def test_tasks_are_made_as_the_go_publisher_makes_them() -> None:
    (task,) = new_tasks("provision", "tenant-001-1", "module-erp", 1, SystemClock())
    sample = json.loads((SAMPLES / "go-task.json").read_bytes())
    made = json.loads(encode_task(task))
    assert list(made) == list(sample)
    for changing in ("task_id", "created_at"):
        assert type(made.pop(changing)) is type(sample.pop(changing))
    assert made == sample


def test_several_tasks_have_numbered_tenants_and_ids_of_their_own() -> None:
    tasks = list(new_tasks("update", "acme", "erp", 3, SystemClock()))
    assert [task.tenant_id for task in tasks] == ["acme-1", "acme-2", "acme-3"]
    assert len({task.task_id for task in tasks}) == 3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["-count", "0"], "--count"),
        (["-count", "many"], "--count"),
        (["-type", ""], "needs a type"),
        (["-typo", "x"], "-t"),
        (["leftover"], "leftover"),
    ],
)
def test_wrong_usage_is_told_and_ends_with_2(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(given)
    assert left.value.code == 2
    assert said in capsys.readouterr().err
