"""Checks of the consumer: there, not paused, not full, and set so that no task is lost."""

from __future__ import annotations

from collections.abc import Iterator

from farutech_console.operations.doctor.model import Evidence, Finding, Severity
from farutech_console.operations.doctor.streams import APPLY, PLAN
from farutech_console.operations.units import count, duration, plural

SHORT_ACK_WAIT = 10.0
"""Seconds below which a short hiccup of a worker has its tasks delivered again."""
HALF = 0.5
MANY_DELIVERIES = 100


def check_consumer(seen: Evidence) -> Iterator[Finding]:
    """Judge whether tasks are delivered at all."""
    if seen.status is None:
        return
    consumer = seen.consumer
    if consumer is None:
        yield Finding(
            "problem",
            f"there is no consumer {seen.names.consumer}",
            "no task is delivered to anybody",
            "start a worker, it creates it; or have it created",
            APPLY,
        )
        return
    if consumer.paused:
        yield Finding(
            "warning",
            f"deliveries are paused for another {duration(consumer.pause_remaining)}",
            "tasks wait until then",
            "nothing, or have them go on",
            "farutech-console resume",
        )


def check_ack_pending(seen: Evidence) -> Iterator[Finding]:
    """Judge the limit of unsettled tasks: those in backoff count, and fill it."""
    consumer = seen.consumer
    if consumer is None or consumer.max_ack_pending <= 0:
        return
    share = consumer.ack_pending / consumer.max_ack_pending
    severity: Severity = "note"
    if share >= HALF:
        severity = "problem" if share >= 1 else "warning"
    limit = count(consumer.max_ack_pending)
    yield Finding(
        severity,
        f"at most {limit} tasks may be unsettled; now {count(consumer.ack_pending)} are",
        f"{limit} tasks in backoff stop all others: healthy tasks get no worker until one is done",
        "lift the limit; the pull bounds what a worker takes",
        PLAN,
    )


def check_deliveries(seen: Evidence) -> Iterator[Finding]:
    """Judge max deliver, also against what tasks ask for."""
    consumer = seen.consumer
    if consumer is None:
        return
    most = consumer.max_deliver
    if most < 1 or most > MANY_DELIVERIES:
        often = "for ever" if most < 1 else f"{count(most)} times"
        yield Finding(
            "warning",
            f"a task is delivered {often}",
            "one that kills its worker does so again and again, and is never set aside",
            "have a limit",
            PLAN,
        )
        return
    if most == 1:
        yield Finding(
            "warning",
            "a task is delivered once",
            "every worker that dies leaves its tasks stuck, and nothing is retried",
            "allow more deliveries",
            PLAN,
        )
    beyond = [task for task in seen.sampled_tasks if (task.max_retries or 0) > most]
    if beyond:
        asked = max(task.max_retries or 0 for task in beyond)
        yield Finding(
            "warning",
            f"{plural(len(beyond), 'task')} of {len(seen.sampled_tasks)} looked at ask for up to "
            f"{asked} attempts, the consumer allows {most}",
            "a Go worker gives such a task back for the last time and it is stuck for ever; ours "
            "set it aside in time",
            "raise max deliver, or publish tasks with fewer max_retries",
            "farutech-console stuck list",
        )


def check_ack_wait(seen: Evidence) -> Iterator[Finding]:
    """Judge ack wait: who does not say that it goes on must be done by then."""
    consumer = seen.consumer
    if consumer is None:
        return
    wait = duration(consumer.ack_wait)
    if consumer.ack_wait < SHORT_ACK_WAIT:
        yield Finding(
            "warning",
            f"ack wait is {wait}",
            "a worker that is held up for as long has its tasks run a second time",
            "have 30 s",
            PLAN,
        )
    if seen.fleet is not None and seen.fleet.clients:
        who = plural(len(seen.fleet.clients), "client")
        yield Finding(
            "note",
            f"{who} that report nothing pull tasks, and ack wait is {wait}",
            f"a Go worker does not say that it is still at it: a task that takes more than {wait} "
            "is delivered again while it runs",
            "let such tasks run on workers of this project, which keep their lease",
        )
