"""Declared against actual: what differs, what applying it does, and whether that is safe. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from worker.model.names import QueueNames
from worker.model.topology import (
    ATOMIC_BATCH_LEVEL,
    PAUSE_LEVEL,
    ConsumerSpec,
    StreamSpec,
    Topology,
)
from worker.model.topology_changes import (
    AddSubjects,
    Change,
    CreateConsumer,
    CreateStream,
    Difference,
    MoveDeadLetters,
    TakeClaims,
    UpdateConsumer,
    UpdateStream,
)
from worker.model.topology_found import Found, FoundStream, covers
from worker.model.topology_settings import (
    Judgement,
    Setting,
    consumer_settings,
    duration,
    stream_settings,
)


def differences(topology: Topology, names: QueueNames, found: Found) -> tuple[Difference, ...]:
    """Return all differences, in the order in which it is safe to apply them."""
    return (
        *_side_streams(topology, found),
        *_work_queue(topology.work_queue, names, found),
        *_consumer(topology.consumer, found),
        *_dead_letters(topology, names, found),
        *_claims(topology, names, found),
    )


def _side_streams(topology: Topology, found: Found) -> Iterator[Difference]:
    claims = (topology.claims,) if topology.claims else ()
    for spec in (*claims, *topology.side_streams):
        yield from _stream(spec, found)


def _work_queue(spec: StreamSpec, names: QueueNames, found: Found) -> Iterator[Difference]:
    """Yield how the work queue differs, but for who takes dead letters and claims."""
    homeless = found.dlq_home == "" and names.dlq in spec.subjects
    yield from _stream(spec, found, (names.tasks, names.dlq) if homeless else (names.tasks,))


def _stream(
    spec: StreamSpec, found: Found, subjects: tuple[str, ...] | None = None
) -> Iterator[Difference]:
    """Yield how a stream differs. More `subjects` than these (by default all declared) may be."""
    actual = found.streams.get(spec.name)
    if actual is None:
        yield _missing(spec)
        return
    theirs = actual.spec.subjects
    wanted = spec.subjects if subjects is None else subjects
    lacking = tuple(mine for mine in wanted if not any(covers(x, mine) for x in theirs))
    if lacking:
        effect = Judgement(f"takes {', '.join(lacking)} as well")
        setting = Setting("subjects", "subjects", ", ".join(wanted), ", ".join(theirs), effect)
        yield _setting(spec.name, setting, AddSubjects(spec.name, lacking))
    for setting in stream_settings(spec, actual):
        yield _setting(spec.name, setting, UpdateStream(spec, setting.name))


def _missing(spec: StreamSpec) -> Difference:
    return Difference(
        what=f"{spec.name}: stream",
        declared=f"{', '.join(spec.subjects)}, kept {duration(spec.max_age)}",
        actual="missing",
        effect=f"created: {spec.description[:1].lower()}{spec.description[1:]}",
        verdict="safe",
        change=CreateStream(spec),
    )


def _setting(where: str, setting: Setting, change: Change) -> Difference:
    refusal = setting.judgement.refusal
    return Difference(
        what=f"{where}: {setting.label}",
        declared=setting.declared,
        actual=setting.actual,
        effect=setting.judgement.effect,
        verdict="refused" if refusal else "safe",
        change=None if refusal else change,
        reason=refusal,
    )


def _consumer(spec: ConsumerSpec, found: Found) -> Iterator[Difference]:
    actual = found.consumer
    if actual is None:
        yield Difference(
            what=f"{spec.name}: consumer",
            declared=f"{spec.filter_subject}, {spec.max_deliver} attempts",
            actual="missing",
            effect="created: without it no worker gets a task",
            verdict="safe",
            change=CreateConsumer(spec),
        )
        return
    for setting in consumer_settings(spec, actual):
        yield _setting(spec.name, setting, UpdateConsumer(spec, setting.name))


def _dead_letters(topology: Topology, names: QueueNames, found: Found) -> Iterator[Difference]:
    spec = topology.dead_letters
    work_queue = found.streams.get(names.stream)
    if spec.name == names.stream:
        if found.dlq_home not in ("", names.stream):
            yield _not_moved_back(names, found)
        return
    if found.dlq_home == spec.name:
        yield from _stream(spec, found)
    if _is_to_be_moved(spec, names, found):
        yield _move(spec, names, found, work_queue or FoundStream(topology.work_queue))
    elif found.dlq_home == "" and spec.name not in found.streams:
        yield _missing(spec)
    elif found.dlq_home not in (spec.name, names.stream):
        yield _elsewhere(spec, names, found)


def _is_to_be_moved(spec: StreamSpec, names: QueueNames, found: Found) -> bool:
    """Return whether letters lie in the work queue, or a migration is not through yet."""
    own = found.streams.get(spec.name)
    work_queue = found.streams.get(names.stream)
    left = work_queue is not None and work_queue.letters > 0
    if found.dlq_home == spec.name:
        return left or found.pause_left_behind
    half = own is not None and names.moving_dlq in own.spec.subjects
    return found.dlq_home == names.stream or (found.dlq_home == "" and (half or left))


def _move(spec: StreamSpec, names: QueueNames, found: Found, work_queue: FoundStream) -> Difference:
    judgement = _judge_move(spec, names, found, work_queue)
    finishing = found.dlq_home == spec.name
    where = "left in" if finishing else "in"
    letters = "1 letter" if work_queue.letters == 1 else f"{work_queue.letters:,} letters"
    change = MoveDeadLetters(spec)
    return Difference(
        what=f"{names.dlq}: dead letters",
        declared=f"in {spec.name}, kept {duration(spec.max_age)}",
        actual=f"{where} {names.stream}, kept {duration(work_queue.spec.max_age)}: {letters}",
        effect=judgement.effect,
        verdict="refused" if judgement.refusal else ("safe" if finishing else "pause"),
        change=None if judgement.refusal else change,
        reason=judgement.refusal,
    )


def _judge_move(
    spec: StreamSpec, names: QueueNames, found: Found, work_queue: FoundStream
) -> Judgement:
    if found.dlq_home == spec.name:
        return Judgement("finishes a migration: what was left behind goes after the rest")
    wait = duration(found.consumer.spec.ack_wait) if found.consumer else "0 s"
    effect = (
        "letters are copied, deliveries stop until running tasks have ended (for an ack wait,"
        f" {wait}, where some are in backoff), then the subject moves"
    )
    taken = [x for x in work_queue.spec.subjects if x != names.dlq and covers(x, names.dlq)]
    own = found.streams.get(spec.name)
    if taken:
        return Judgement(effect, f"{names.stream} takes {taken[0]}: narrow it by hand first")
    if found.letter_readers:
        readers = ", ".join(found.letter_readers)
        return Judgement(
            effect,
            f"{readers} reads dead letters from {names.stream} and would get none: delete it",
        )
    if own is not None and names.moving_dlq not in own.spec.subjects:
        subjects = ", ".join(own.spec.subjects)
        return Judgement(
            effect, f"a stream {spec.name} exists already and takes {subjects}: rename or delete it"
        )
    if found.open_claims:
        return Judgement(effect, unfinished_replays(found.open_claims))
    if found.server.api_level >= PAUSE_LEVEL:
        return Judgement(effect)
    if found.consumer is not None and found.consumer.waiting:
        return Judgement(effect, workers_pull(found.server.version))
    return Judgement(f"{effect}; workers must be stopped, this server cannot pause them")


def unfinished_replays(count: int) -> str:
    """Return why nothing moves while letters are being replayed, and what to do."""
    which = "1 replay is" if count == 1 else f"{count:,} replays are"
    return f"{which} not finished: let them end (the next replay finishes interrupted ones)"


def workers_pull(version: str) -> str:
    """Return why a server without pause needs stopped workers, and what to do."""
    return f"workers are pulling, and nats-server {version} cannot pause them: stop them first"


def _elsewhere(spec: StreamSpec, names: QueueNames, found: Found) -> Difference:
    home = found.dlq_home
    takes = "takes other subjects" if not home else f"is not {home}"
    return Difference(
        what=f"{names.dlq}: dead letters",
        declared=f"in {spec.name}",
        actual=f"in {home}" if home else "no stream takes them",
        effect="none of ours: where they lie they can be read, replayed and purged",
        verdict="refused",
        change=None,
        reason=f"{spec.name} {takes}: set DLQ_STREAM, or settle by hand which stream takes them",
    )


def _not_moved_back(names: QueueNames, found: Found) -> Difference:
    return Difference(
        what=f"{names.dlq}: dead letters",
        declared=f"in {names.stream}",
        actual=f"in {found.dlq_home}",
        effect="they would be dropped by age with the tasks",
        verdict="refused",
        change=None,
        reason=f"they are never moved back: set DLQ_STREAM={found.dlq_home}",
    )


def _claims(topology: Topology, names: QueueNames, found: Found) -> Iterator[Difference]:
    spec = topology.work_queue
    actual = found.streams.get(spec.name)
    if actual is None or found.server.api_level < ATOMIC_BATCH_LEVEL:
        return
    taken = any(covers(subject, names.replays) for subject in actual.spec.subjects)
    if taken and actual.spec.allow_atomic:
        return
    aside = names.replays_stream in found.streams
    refusal = unfinished_replays(found.open_claims) if aside and found.open_claims else ""
    yield Difference(
        what=f"{spec.name}: atomic replay",
        declared=f"atomic batches, {names.replays}",
        actual=f"claims in {names.replays_stream}" if aside else "off",
        effect="a replay stores claim and task together: exactly once, whatever crashes",
        verdict="refused" if refusal else "safe",
        change=None if refusal else TakeClaims(spec),
        reason=refusal,
    )
