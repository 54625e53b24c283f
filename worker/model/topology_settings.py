"""The settings of streams and consumers that are compared, and what a change of each does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from worker.model.topology import DAY, HOUR, MEBIBYTE, ConsumerSpec, StreamSpec
from worker.model.topology_found import FoundConsumer, FoundStream

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a change does, in words, and why it is not made; `refusal` is empty where it is."""

    effect: str
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that differs. `name` is its name in the spec; the rest is for an operator."""

    name: str
    label: str
    declared: str
    actual: str
    judgement: Judgement


def stream_settings(spec: StreamSpec, actual: FoundStream) -> Iterator[Setting]:
    """Yield the settings of a stream that are not as declared. Subjects are not among them."""
    for row in _STREAM:
        declared, found = getattr(spec, row.name), getattr(actual.spec, row.name)
        if row.differs(declared, found):
            judgement = row.judge(spec, actual)
            yield Setting(row.name, row.label, row.show(declared), row.show(found), judgement)


def consumer_settings(spec: ConsumerSpec, actual: FoundConsumer) -> Iterator[Setting]:
    """Yield the settings of the consumer that are not as declared."""
    if not actual.pulled:
        refusal = "the server cannot turn it into one: delete it once it has nothing pending"
        yield Setting("pulled", "kind", "pull", "push", Judgement("workers can pull", refusal))
    for row in _CONSUMER:
        declared, found = getattr(spec, row.name), getattr(actual.spec, row.name)
        if declared != found:
            judgement = row.judge(spec, actual)
            yield Setting(row.name, row.label, row.show(declared), row.show(found), judgement)


def duration(seconds: float | None) -> str:
    """Return a span of time in its largest whole unit; None is `for ever`."""
    if seconds is None:
        return "for ever"
    for unit, length, least in (("d", DAY, 4), ("h", HOUR, 1), ("min", MINUTE, 2)):
        if seconds >= least * length and seconds % length == 0:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:g} s"


@dataclass(frozen=True, slots=True)
class _StreamRow:
    name: str
    label: str
    show: Callable[[Any], str]
    differs: Callable[[Any, Any], bool]
    judge: Callable[[StreamSpec, FoundStream], Judgement]


@dataclass(frozen=True, slots=True)
class _ConsumerRow:
    name: str
    label: str
    show: Callable[[Any], str]
    judge: Callable[[ConsumerSpec, FoundConsumer], Judgement]


def _does(effect: str, refusal: str = "") -> Callable[[StreamSpec, FoundStream], Judgement]:
    return lambda _spec, _actual: Judgement(effect, refusal)


def _max_age(spec: StreamSpec, actual: FoundStream) -> Judgement:
    effect = f"messages are kept {duration(spec.max_age)}"
    if spec.max_age is not None and (actual.oldest or 0.0) > spec.max_age:
        hours = (actual.oldest or 0.0) / HOUR
        return Judgement(effect, f"messages up to {hours:,.0f} h old would be dropped at once")
    return Judgement(effect)


def _discard(spec: StreamSpec, _actual: FoundStream) -> Judgement:
    if spec.discard == "new":
        return Judgement("when full it refuses new messages instead of dropping old ones")
    return Judgement("when full it drops its oldest messages instead of refusing new ones")


def _replicas(spec: StreamSpec, actual: FoundStream) -> Judgement:
    # nats-server 2.10 and 2.12 alone take any number, and keep one copy.
    refusal = "" if actual.clustered else "this server is not part of a cluster"
    return Judgement(f"kept on {spec.replicas} servers", refusal)


def _ack_wait(spec: ConsumerSpec, actual: FoundConsumer) -> Judgement:
    effect = f"a task comes again {duration(spec.ack_wait)} after its worker fell silent"
    if spec.ack_wait < actual.spec.ack_wait and actual.ack_pending:
        pending = _pending(actual.ack_pending)
        return Judgement(effect, f"{pending}: what runs now might be delivered a second time")
    return Judgement(effect)


def _max_deliver(spec: ConsumerSpec, actual: FoundConsumer) -> Judgement:
    effect = f"tasks get {_count(spec.max_deliver)} attempts"
    now = actual.spec.max_deliver
    if spec.max_deliver < 1 or 0 < now < spec.max_deliver:
        return Judgement(f"{effect}; those whose attempts are spent stay stuck")
    if actual.ack_pending:
        pending = _pending(actual.ack_pending)
        return Judgement(effect, f"{pending}: those that had more attempts would be stuck")
    return Judgement(effect)


def _max_ack_pending(_spec: ConsumerSpec, actual: FoundConsumer) -> Judgement:
    limit = _count(actual.spec.max_ack_pending)
    return Judgement(f"tasks in backoff no longer stop the others, as {limit} of them do now")


def _made_for_others(spec: ConsumerSpec, _actual: FoundConsumer) -> Judgement:
    return Judgement(
        f"it takes {spec.filter_subject}, each task to be acked",
        "the server does not tell apart what it delivered before: delete it once all is acked",
    )


def _pending(count: int) -> str:
    if count == 1:
        return "1 task is in flight or in backoff"
    return f"{count:,} tasks are in flight or in backoff"


def _differs(declared: object, found: object) -> bool:
    return declared != found


def _lacks(declared: object, found: object) -> bool:
    """Return whether something is declared and something else found; the undeclared is free."""
    return bool(declared) and declared != found


def _fewer(declared: int, found: int) -> bool:
    """Return whether there are fewer than declared; more are as good."""
    return found < declared


def _on(value: object) -> str:
    return "on" if value else "off"


def _bytes(count: int) -> str:
    return f"{count / MEBIBYTE:g} MiB" if count else "no limit"


def _count(count: int) -> str:
    return f"{count:,}" if count > 0 else "no limit"


_ANEW = "the server cannot change it: drain the stream, delete it, and apply again"
_STREAM = (
    _StreamRow("retention", "retention", str, _differs, _does("who keeps what changes", _ANEW)),
    _StreamRow("storage", "storage", str, _differs, _does("where it is kept changes", _ANEW)),
    _StreamRow(
        "allow_direct", "direct get", _on, _lacks, _does("read in batches, several times as fast")
    ),
    _StreamRow("max_age", "max age", duration, _differs, _max_age),
    _StreamRow("max_bytes", "max bytes", _bytes, _lacks, _does("its oldest messages make room")),
    _StreamRow("discard", "discard", str, _differs, _discard),
    _StreamRow(
        "duplicate_window",
        "duplicate window",
        duration,
        _lacks,
        _does("a message sent twice within it is stored once"),
    ),
    _StreamRow(
        "max_per_subject",
        "messages per subject",
        _count,
        _lacks,
        _does("older messages of the same subject go"),
    ),
    _StreamRow("replicas", "replicas", str, _fewer, _replicas),
    _StreamRow("allow_rollup", "rollups", _on, _lacks, _does("a key can be purged as KV does it")),
    _StreamRow(
        "deny_delete",
        "deny delete",
        _on,
        _lacks,
        _does("nobody can delete a message; this cannot be taken back"),
    ),
    _StreamRow(
        "deny_purge",
        "deny purge",
        _on,
        _lacks,
        _does("nobody can purge it; this cannot be taken back"),
    ),
)
_CONSUMER = (
    _ConsumerRow("filter_subject", "filter subject", str, _made_for_others),
    _ConsumerRow("ack_policy", "ack policy", str, _made_for_others),
    _ConsumerRow("ack_wait", "ack wait", duration, _ack_wait),
    _ConsumerRow("max_deliver", "max deliver", _count, _max_deliver),
    _ConsumerRow("max_ack_pending", "max ack pending", _count, _max_ack_pending),
)
