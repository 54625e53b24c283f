"""What `status --json` and `workers --json` print: the keys, and what each means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from worker.model.clock import format_rfc3339

if TYPE_CHECKING:
    from farutech_console.operations.fleet.view import FleetView, WorkerView
    from farutech_console.operations.watch.overview import Overview
    from worker.model.state import Pause

STATUS_KEYS: Mapping[str, str] = {
    "taken_at": "when the server was asked, RFC 3339 in UTC",
    "verdict": "`ok`, `warn` or `bad`: the worst of the problems",
    "problems": "a list, worst first, of `grade` (`warn`, `bad`) and `text`",
    "server.name": "the server that answered",
    "server.version": "its nats-server version",
    "server.cluster": "its cluster, empty for none",
    "server.url": "its address",
    "server.rtt_ms": "how long an answer took, in milliseconds",
    "queue.stream": "the work-queue stream",
    "queue.tasks": "tasks in it, settled ones are gone",
    "queue.messages": "all messages in it",
    "queue.bytes": "their size",
    "queue.oldest_at": "when the oldest was stored, null for none",
    "queue.max_age": "seconds after which the server drops a message, null for never",
    "consumer.name": "the pull consumer; `consumer` is null where there is none",
    "consumer.pending": "tasks never delivered: the lag",
    "consumer.ack_pending": "tasks delivered and not settled: in flight or in backoff",
    "consumer.in_flight": "of those, in the hands of workers; null where some worker does not tell",
    "consumer.delayed": "of those, in backoff, about; null where some worker does not tell",
    "consumer.redelivered": "tasks delivered more than once and still there",
    "consumer.pulls": "open pull requests",
    "consumer.max_ack_pending": "the limit of ack_pending, -1 for none",
    "consumer.max_deliver": "attempts of a task, -1 for no limit",
    "consumer.ack_wait": "seconds until an unsettled task is delivered again",
    "consumer.paused": "whether deliveries are paused",
    "consumer.pause_remaining": "seconds until they go on, 0 where not paused",
    "dead_letters.stream": "the stream they lie in; `dead_letters` is null where none takes them",
    "dead_letters.depth": "how many there are",
    "dead_letters.oldest_at": "when the oldest was stored, null for none",
    "dead_letters.newest_at": "when the newest was stored, null for none",
    "dead_letters.max_age": "seconds after which the server drops one, null for never",
    "stuck": "tasks whose deliveries are spent, that nobody will get again; null where nobody may "
    "ask the consumer",
    "stuck_since": "when the server told so of the first of them, null where nobody heard it",
    "rates.seconds": "the time that the rates are taken over, 0 for none",
    "rates.in": "tasks published a second; null where not known",
    "rates.out": "tasks settled for good a second; null where not known",
    "rates.pending": "how fast the lag grows a second, negative where it shrinks; null likewise",
    "rates.dead_letters": "how fast the dead letters grow a second; null likewise",
    "drain_seconds": "until the lag is gone at this pace; null where it does not shrink",
    "workers.answered": "workers that report of themselves",
    "workers.silent": "workers that did and do not any more (with --watch)",
    "workers.clients": "other clients that pull, Go workers for instance; null where none is told",
    "workers.slots": "tasks that those who report can run at once",
    "workers.rate": "deliveries settled a second by those who report, over the last 10 s",
}

WORKER_KEYS: Mapping[str, str] = {
    "worker": "its worker id; of a client that does not report its connection's name or address",
    "kind": "`farutech` for a worker that reports of itself, `client` for another that pulls",
    "condition": "`running`, `draining` (it stops) or `silent` (with --watch)",
    "seen_at": "the last sign of life, RFC 3339 in UTC",
    "instance": "what tells apart two of the same name",
    "host": "its host, or the client's address",
    "version": "of the worker, or of the client's NATS library",
    "uptime": "seconds, null where not known",
    "rtt_ms": "how long its answer took, in milliseconds; null for clients",
    "slots": "tasks it can run at once; this and what follows is null for clients",
    "in_flight": "tasks whose handlers run",
    "held": "tasks that wait for a circuit breaker",
    "rate_10s": "deliveries settled a second over the last 10 s",
    "rate_60s": "the same over the last minute",
    "totals": "deliveries settled since it started, by how they ended",
    "reconnects": "how often its connection came back",
    "task_types": "what it takes, empty for all",
    "tasks": "the longest running, each with task_id, tenant_id, task_type, attempt, seconds",
    "breakers": "circuit breakers not closed: task_type, state, probe_in, held, error",
}


PAUSE_KEYS: Mapping[str, str] = {
    "consumer": "the pull consumer",
    "paused": "whether deliveries are paused now",
    "until": "when they go on, RFC 3339 in UTC; null where not paused",
    "remaining": "seconds until then, by the server's clock",
}


def pause_record(consumer: str, state: Pause) -> dict[str, Any]:
    """Return the state of a pause with the keys of `PAUSE_KEYS`."""
    return {
        "consumer": consumer,
        "paused": state.paused,
        "until": _time(state.until if state.paused else None),
        "remaining": round(state.remaining, 3),
    }


def status_record(seen: Overview) -> dict[str, Any]:
    """Return an overview with the keys of `STATUS_KEYS`."""
    status, rates = seen.status, seen.rates
    return {
        "taken_at": format_rfc3339(status.taken_at),
        "verdict": _worst(seen),
        "problems": [{"grade": one.grade, "text": one.text} for one in seen.problems],
        "server": {
            "name": status.server.name,
            "version": status.server.version,
            "cluster": status.server.cluster,
            "url": status.server.url,
            "rtt_ms": round(status.rtt * 1000, 3),
        },
        "queue": {
            "stream": status.work_queue.name,
            "tasks": status.tasks,
            "messages": status.work_queue.messages,
            "bytes": status.work_queue.bytes,
            "oldest_at": _time(
                status.work_queue.first_time if status.work_queue.messages else None
            ),
            "max_age": status.work_queue.max_age,
        },
        "consumer": _consumer(seen),
        "dead_letters": _dead_letters(seen),
        "stuck": status.known_stuck,
        "stuck_since": _time(status.stuck_since),
        "rates": {
            "seconds": round(seen.sampled, 3),
            "in": _rounded(rates.incoming),
            "out": _rounded(rates.outgoing),
            "pending": _rounded(rates.pending),
            "dead_letters": _rounded(rates.dead_letters),
        },
        "drain_seconds": _rounded(seen.drain),
        "workers": _workers(seen.fleet),
    }


def worker_record(worker: WorkerView) -> dict[str, Any]:
    """Return a worker with the keys of `WORKER_KEYS`."""
    said = worker.report.to_wire() if worker.report else {}
    return {
        "worker": worker.name,
        "kind": worker.kind,
        "condition": worker.condition,
        "seen_at": format_rfc3339(worker.seen_at),
        "instance": worker.key,
        "host": worker.host,
        "version": worker.version,
        "uptime": _rounded(worker.uptime),
        "rtt_ms": None if worker.rtt is None else round(worker.rtt * 1000, 3),
        "slots": said.get("concurrency"),
    } | {
        key: said.get(key)
        for key in (
            "in_flight",
            "held",
            "rate_10s",
            "rate_60s",
            "totals",
            "reconnects",
            "task_types",
            "tasks",
            "breakers",
        )
    }


def _worst(seen: Overview) -> str:
    grades = {problem.grade for problem in seen.problems}
    return "bad" if "bad" in grades else ("warn" if grades else "ok")


def _consumer(seen: Overview) -> dict[str, Any] | None:
    consumer = seen.status.consumer
    if consumer is None:
        return None
    return {
        "name": consumer.name,
        "pending": consumer.pending,
        "ack_pending": consumer.ack_pending,
        "in_flight": seen.in_flight,
        "delayed": seen.delayed,
        "redelivered": consumer.redelivered,
        "pulls": consumer.waiting,
        "max_ack_pending": consumer.max_ack_pending,
        "max_deliver": consumer.max_deliver,
        "ack_wait": consumer.ack_wait,
        "paused": consumer.paused,
        "pause_remaining": round(consumer.pause_remaining, 3),
    }


def _dead_letters(seen: Overview) -> dict[str, Any] | None:
    dead = seen.status.dead_letters
    if dead is None:
        return None
    return {
        "stream": dead.stream,
        "depth": dead.depth,
        "oldest_at": _time(dead.oldest_at),
        "newest_at": _time(dead.newest_at),
        "max_age": dead.max_age,
    }


def _workers(fleet: FleetView) -> dict[str, Any]:
    reports = [worker.report for worker in fleet.answered if worker.report]
    return {
        "answered": len(fleet.answered),
        "silent": len(fleet.silent),
        "clients": len(fleet.clients) if fleet.clients_told else None,
        "slots": sum(report.concurrency for report in reports),
        "rate": round(sum(report.rate_10s for report in reports), 3),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _time(moment: datetime | None) -> str | None:
    return format_rfc3339(moment) if moment else None
