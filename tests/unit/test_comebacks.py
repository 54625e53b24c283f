from __future__ import annotations

from farutech_console.operations.changes.comebacks import TaskIds


def test_ids_are_remembered_and_few_others_mistaken_for_them() -> None:
    ids = TaskIds()
    for number in range(100_000):
        ids.add(f"task-{number}")
    assert all(f"task-{number}" in ids for number in range(0, 100_000, 7))
    mistaken = sum(f"other-{number}" in ids for number in range(20_000))
    assert mistaken < 200
