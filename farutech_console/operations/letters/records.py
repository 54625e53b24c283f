"""Letters, plans and outcomes as JSON objects: the keys that scripts may rely on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from farutech_console.operations.causes.causes import CauseGroup
from farutech_console.operations.filter.letters import Letter
from farutech_console.operations.model import Outcome, OutcomeKind, Plan
from worker.model.clock import format_rfc3339
from worker.model.dead_letter import StoredDeadLetter

TOP_TENANTS = 10
"""Tenants of a group that its record counts one by one."""


def letter_record(letter: Letter) -> dict[str, Any]:
    """Return a letter as `dlq list --json` prints it.

    Times are RFC 3339 in UTC; `expires_at` is null where the letter is kept for ever, `reason`
    null where its worker gave none. Of a letter that cannot be read, `error` says why.
    """
    return {
        "sequence": letter.sequence,
        "died_at": format_rfc3339(letter.died_at),
        "task_id": letter.task_id,
        "tenant_id": letter.tenant_id,
        "task_type": letter.task_type,
        "module_id": letter.module_id,
        "error": letter.error,
        "reason": letter.reason or None,
        "attempts": letter.attempts,
        "replays": letter.replays,
        "worker_id": letter.worker_id,
        "expires_at": _time(letter.expires_at),
    }


def full_record(letter: StoredDeadLetter) -> dict[str, Any]:
    """Return all of a letter, as `dlq show --json` prints it.

    Beside the keys of `letter_record`: `stored_at`, `subject`, `headers`, and `letter`, the body
    as it lies there, or `body`, its text, where it cannot be read as a dead letter.
    """
    record = letter_record(letter) | {
        "stored_at": format_rfc3339(letter.stored_at),
        "subject": letter.subject,
        "headers": dict(letter.headers),
    }
    if letter.letter is None:
        return record | {"body": letter.body.decode("utf-8", "backslashreplace")}
    content = letter.letter.model_dump(exclude={"task"}, exclude_none=True)
    return record | {"letter": {"task": letter.task.to_wire(), **content}}


def group_record(group: CauseGroup) -> dict[str, Any]:
    """Return a group of one cause as `dlq groups --json` prints it.

    `cause` is the key to find its letters by, empty for the causes too many to be told apart.
    """
    most = list(group.tenants.items())[:TOP_TENANTS]
    return {
        "cause": group.cause.key,
        "error_type": group.cause.error_type,
        "text": group.cause.text,
        "count": group.count,
        "share": round(group.share, 6),
        "first_seen": format_rfc3339(group.first_seen),
        "last_seen": format_rfc3339(group.last_seen),
        "tenants": len(group.tenants),
        "more_tenants": group.more_tenants,
        "top_tenants": dict(most),
        "sample": group.sample,
        "address": group.address,
    }


def plan_record(plan: Plan) -> dict[str, Any]:
    """Return a plan as `--dry-run --json` prints it.

    `sequences` ascend; `missing` were named, and no letter lies there. `came_back` counts letters
    by how often their task came back before. `in_doubt` are letters that somebody may have
    replayed, nobody can tell. In `pace`, `rate` is null for as fast as it goes.
    """
    return {
        "plan": plan.kind,
        "stream": plan.stream,
        "count": plan.count,
        "sequences": list(plan.sequences),
        "target": plan.target,
        "oldest_at": _time(plan.oldest_at),
        "newest_at": _time(plan.newest_at),
        "tenants": dict(plan.tenants),
        "task_types": dict(plan.task_types),
        "replayed_before": plan.replayed_before,
        "came_back": {str(times): count for times, count in plan.came_back.items()},
        "expiring": plan.expiring,
        "consumer_note": plan.consumer_note,
        "workers_asking": plan.asking,
        "in_doubt": [{"sequence": one.sequence, "told": one.told} for one in plan.in_doubt],
        "missing": list(plan.missing),
        "pace": {
            "rate": str(plan.pacing.rate) if plan.pacing.rate else None,
            "canary": plan.pacing.canary,
            "canary_wait": plan.pacing.canary_wait,
            "stop_share": plan.pacing.stop_share,
            "unknown": plan.pacing.unknown,
        },
        "command": plan.command,
    }


def outcome_record(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome of one letter as `replay` and `purge` print it with `--json`."""
    return {
        "sequence": outcome.sequence,
        "task_id": outcome.task_id,
        "outcome": outcome.outcome,
        "detail": outcome.detail,
    }


KINDS: tuple[OutcomeKind, ...] = ("replayed", "purged", "already", "failed", "unknown")


def summary_record(
    planned: int, outcomes: Mapping[str, int], kinds: tuple[OutcomeKind, ...] = KINDS
) -> dict[str, Any]:
    """Return the last line of a command: how many of each outcome, and what was not reached."""
    summary = {kind: outcomes.get(kind, 0) for kind in kinds}
    reached = sum(outcomes.values())
    return {"summary": {"planned": planned, **summary, "not_reached": planned - reached}}


def _time(moment: datetime | None) -> str | None:
    return format_rfc3339(moment) if moment else None
