"""What each key of the table does on a real server. A key without a scenario fails its test.

A scenario is a coroutine that takes the stage and the key as it is pressed, and is written down
in the module of its place, under the place and its action: `@does("dlq", "mark")`. It brings what
it needs upon the stage, presses the key, and waits for what the operator would see. Of a key with
alternatives it is played once for each, in one console.
"""

from tests.console.every_key import (
    audit,
    dead_letters,
    everywhere,
    letter,
    lists,
    overview,
    run,
    tasks,
    workers,
)

__all__ = [
    "audit",
    "dead_letters",
    "everywhere",
    "letter",
    "lists",
    "overview",
    "run",
    "tasks",
    "workers",
]
