"""The demo's traffic: real tasks, with the odd message that every queue sees."""

from __future__ import annotations

import itertools
from random import Random

import pytest

from farutech_console.demo.traffic import messages
from worker.model.clock import SystemClock
from worker.model.task import InvalidTaskError, Task, parse_task


def _sample(seed: int) -> tuple[list[Task], int]:
    tasks, unreadable = [], 0
    for body in itertools.islice(messages(Random(seed), SystemClock()), 200):
        try:
            tasks.append(parse_task(body))
        except InvalidTaskError:
            unreadable += 1
    return tasks, unreadable


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_traffic_has_tasks_of_every_kind_and_one_that_is_none(seed: int) -> None:
    tasks, unreadable = _sample(seed)
    assert unreadable == 1
    assert {task.task_type for task in tasks} == {"provision", "update", "deprovision", "migrate"}
    assert len({task.task_id for task in tasks}) == len(tasks)
    assert "contoso" in {task.tenant_id for task in tasks}
