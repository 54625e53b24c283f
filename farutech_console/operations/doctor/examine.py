"""Asking the server for all that the checks judge; what it does not tell is noted, not raised."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from farutech_console.operations.doctor.model import Account, Evidence, Permissions
from farutech_console.operations.fleet.workers import FleetWatch
from farutech_console.operations.model import Part, QueueStatus
from farutech_console.operations.queue import Queue
from farutech_console.operations.watch.status import ask_status
from worker.jetstream.connect.user import user_info
from worker.jetstream.dead_letters.browse import DeadLetters
from worker.jetstream.errors import (
    JetStreamError,
    NotAllowedError,
    RefusedError,
    UnreachableError,
)
from worker.jetstream.info import find_stream, server_state
from worker.jetstream.migration.survey import survey
from worker.jetstream.reading.scan import Scan
from worker.jetstream.stuck.finder import StuckFinder
from worker.jetstream.topology.answers import find_raw_stream
from worker.jetstream.topology.layout import NoQueueError
from worker.model.clock import parse_rfc3339
from worker.model.dead_letter import StoredDeadLetter
from worker.model.state import ServerState
from worker.model.task import InvalidTaskError, Task, parse_task
from worker.model.topology_changes import Difference
from worker.model.topology_diff import differences
from worker.model.topology_found import Found

SAMPLE = 50
"""Newest letters and newest tasks that are looked at."""
PATIENCE = 20.0
"""Seconds that one question may take."""

T = TypeVar("T")


PARTS: Mapping[Part, str] = {
    "server": "the server's JetStream",
    "consumer": "the consumer",
    "dead_letters": "the stream of the dead letters",
}


@dataclass
class _Notes:
    refused: dict[str, str] = field(default_factory=dict)

    async def ask(self, what: str, asking: Awaitable[T], *, is_extra: bool = False) -> T | None:
        """Return the answer, None where there is none; why is noted.

        Not where an extra is forbidden: that stands among the permissions, as grave as it is.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                return await asking
        except NoQueueError:
            return None
        except (RefusedError, UnreachableError):
            raise
        except JetStreamError as error:
            if not (is_extra and isinstance(error, NotAllowedError)):
                self.refused[what] = str(error)
        except TimeoutError:
            self.refused[what] = f"no answer within {PATIENCE:g} s"
        return None


async def examine(queue: Queue, *, listen: float = 1.0) -> Evidence:
    """Return all that the checks judge.

    Changes nothing. Listens for `listen` seconds for the pulls of workers that do not report.

    Raises:
        UnreachableError: no server answers.
        RefusedError: it has no JetStream for us.
    """
    api, names, notes = queue.api, queue.names, _Notes()
    server = await server_state(api)
    account = await notes.ask("the account", _account(queue))
    status = await notes.ask("the queue", ask_status(api, names, queue.clock))
    for part, why in status.unread.items() if status else ():
        notes.refused[PARTS[part]] = why
    surveyed = await notes.ask("the streams", _survey(queue))
    found, drift = surveyed or (None, ())
    configs, skew, margin, clustered = await _configs(queue, notes, found)
    has_queue = found is not None and names.stream in found.streams
    letters = await notes.ask("the dead letters", _letters(queue, status)) if has_queue else None
    tasks = await notes.ask("the tasks", _tasks(queue, server)) if has_queue else None
    stuck = (
        await notes.ask("stuck tasks", StuckFinder(api, names).find())
        if has_queue and status and status.consumer
        else None
    )
    return Evidence(
        names=names,
        now=queue.clock.now(),
        server=server,
        read_only=queue.read_only,
        api_prefix=api.prefix,
        inbox_prefix=queue.connection.client.new_inbox().rpartition(".")[0],
        clustered=clustered or bool(server.cluster),
        account=account,
        skew=skew,
        skew_margin=margin,
        permissions=await _permissions(queue),
        status=status,
        found=found,
        differences=drift,
        configs=configs,
        fleet=await notes.ask(
            "the workers", FleetWatch().look(queue, listen=listen), is_extra=True
        ),
        stuck=stuck,
        sampled_letters=letters or (),
        sampled_tasks=tasks or (),
        refused=notes.refused,
    )


async def _account(queue: Queue) -> Account:
    answer = await queue.api.request("INFO")
    most = int((answer.get("limits") or {}).get("max_storage", -1))
    return Account(int(answer.get("storage", 0)), most if most > 0 else None)


async def _survey(queue: Queue) -> tuple[Found, tuple[Difference, ...]]:
    topology, found = await survey(queue.api, queue.names)
    return found, differences(topology, queue.names, found)


async def _configs(
    queue: Queue, notes: _Notes, found: Found | None
) -> tuple[Mapping[str, Mapping[str, Any]], float | None, float, bool]:
    """Return the configurations, the lead of the server's clock, how sure, and if clustered."""
    names = queue.names
    wanted = {names.stream, names.dlq_stream, found.dlq_home if found else ""} - {""}
    configs: dict[str, Mapping[str, Any]] = {}
    skew, margin, clustered = None, 0.0, False
    for name in sorted(wanted):
        asked_at, before = queue.clock.monotonic(), queue.clock.now()
        answer = await notes.ask(name, find_raw_stream(queue.api, name))
        if answer is None:
            continue
        configs[name] = answer["config"]
        clustered = clustered or bool((answer.get("cluster") or {}).get("name"))
        took = queue.clock.monotonic() - asked_at
        told = parse_rfc3339(str(answer.get("ts", "")))
        if told is not None:
            skew, margin = (told - before).total_seconds() - took / 2, took / 2
    return configs, skew, margin, clustered


async def _letters(queue: Queue, status: QueueStatus | None) -> tuple[StoredDeadLetter, ...] | None:
    if status is None or status.dead_letters is None:
        return None
    return tuple(await DeadLetters(queue.api, await queue.fresh_layout()).newest(SAMPLE))


async def _tasks(queue: Queue, server: ServerState) -> tuple[Task, ...]:
    stream = await find_stream(queue.api, queue.names.stream)
    if stream is None:
        return ()
    scan = Scan(queue.api, stream, queue.names.tasks, server.api_level)
    tasks = []
    for message in await scan.newest(SAMPLE):
        try:
            tasks.append(parse_task(message.body))
        except InvalidTaskError:
            continue
    return tuple(tasks)


async def _permissions(queue: Queue) -> Permissions | None:
    """Ask the server who we are; one that does not tell is no fault."""
    said = await user_info(queue.connection)
    if said is None:
        return None
    permissions = said.get("permissions")
    permissions = permissions if isinstance(permissions, dict) else {}
    return Permissions(
        user=str(said.get("user", "")),
        publish_allow=_subjects(permissions, "publish", "allow"),
        publish_deny=_subjects(permissions, "publish", "deny"),
        subscribe_allow=_subjects(permissions, "subscribe", "allow"),
        subscribe_deny=_subjects(permissions, "subscribe", "deny"),
    )


def _subjects(permissions: Mapping[str, Any], direction: str, list_name: str) -> tuple[str, ...]:
    part = permissions.get(direction)
    listed = part.get(list_name) if isinstance(part, dict) else None
    return tuple(map(str, listed)) if isinstance(listed, list) else ()
