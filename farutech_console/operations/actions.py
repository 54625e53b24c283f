"""Everything an operator can change, and what each change does: one table, no second list.

The refusals of a read-only console, the help texts, the confirms and the names in the audit are
all read from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from farutech_console.operations.environments import is_production

Impact = Literal["read", "reversible", "irreversible"]
"""`reversible`: another command brings back what was; `irreversible`: none does."""

ActionName = Literal[
    "look",
    "replay",
    "purge",
    "purge_hard",
    "edit",
    "undo",
    "import",
    "note",
    "pause",
    "resume",
    "stuck_to_dlq",
    "stuck_to_work",
    "resolve_unknown",
]


@dataclass(frozen=True, slots=True)
class Action:
    """One kind of operation.

    `does` completes the sentence "it …". `undone_by` is how to take it back, or why that cannot
    be. `asks_name` is whether the stream's name has to be typed before it is done.
    """

    name: ActionName
    does: str
    impact: Impact
    undone_by: str = ""
    asks_name: bool = False

    @property
    def writes(self) -> bool:
        """Whether it changes anything on the server, so that a read-only console refuses it."""
        return self.impact != "read"


_TABLE = (
    Action("look", "reads, and changes nothing", "read"),
    Action(
        "replay",
        "sends dead letters back to the work queue, each task once",
        "irreversible",
        "a task that was sent again may run at once",
    ),
    Action(
        "purge",
        "moves dead letters to the archive",
        "reversible",
        "farutech-console dlq undo, within 7 days",
    ),
    Action(
        "purge_hard",
        "deletes dead letters for good, without a copy",
        "irreversible",
        "nothing keeps a copy",
        asks_name=True,
    ),
    Action(
        "edit",
        "replays one dead letter with another task; the archive keeps the original",
        "irreversible",
        "a task that was sent again may run at once; farutech-console audit names the original",
    ),
    Action(
        "undo",
        "brings back the dead letters of a purge",
        "reversible",
        "farutech-console dlq purge",
    ),
    Action(
        "import",
        "stores exported dead letters, each once",
        "reversible",
        "farutech-console dlq purge",
    ),
    Action(
        "note",
        "writes a note on a cause for the next on-call",
        "reversible",
        "farutech-console dlq note, with the words from before",
    ),
    Action(
        "pause",
        "stops the delivery of tasks to every worker, for a time",
        "reversible",
        "farutech-console resume",
    ),
    Action(
        "resume",
        "lets tasks be delivered again",
        "reversible",
        "farutech-console pause",
    ),
    Action(
        "stuck_to_dlq",
        "moves tasks whose deliveries are spent to the dead letters",
        "reversible",
        "farutech-console dlq replay",
    ),
    Action(
        "stuck_to_work",
        "gives tasks whose deliveries are spent to the workers anew",
        "irreversible",
        "a task that was sent again may run at once",
    ),
    Action(
        "resolve_unknown",
        "settles replays whose outcome nobody can tell, as the operator says",
        "irreversible",
        "a task that was sent again may run at once, a letter that was dropped is gone",
    ),
)

ACTIONS: dict[ActionName, Action] = {action.name: action for action in _TABLE}
WRITES: tuple[Action, ...] = tuple(action for action in _TABLE if action.writes)

BULK = 100
"""From so many letters on, a replay in production asks for the stream's name."""

_BULKY: frozenset[ActionName] = frozenset({"replay", "import", "stuck_to_work"})


def asks_name(action: ActionName, count: int, environment: str) -> bool:
    """Return whether the stream's name has to be typed before `count` letters are touched.

    For what nothing brings back always; in production for every purge, and for what sets many
    tasks to work.
    """
    if ACTIONS[action].asks_name:
        return True
    if not is_production(environment):
        return False
    return action == "purge" or (action in _BULKY and count >= BULK)
