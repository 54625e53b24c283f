"""Every name on the server, derived from the stream's name and the subjects' prefix."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

_NAME = re.compile(r"[^\s.*>/\\\x00-\x20\x7f]{1,200}")
_SUBJECT = re.compile(r"[^\s.*>\x00-\x20\x7f]+(\.[^\s.*>\x00-\x20\x7f]+)*")


def check_name(text: str) -> str:
    """Return the name of a stream or a consumer.

    Raises:
        ValueError: a server takes none such.
    """
    if not _NAME.fullmatch(text):
        raise ValueError("a name has no spaces, dots, slashes, * or >")
    return text


def check_subject(text: str) -> str:
    """Return a subject without wildcards, or what one begins with.

    Raises:
        ValueError: it is none.
    """
    if not _SUBJECT.fullmatch(text):
        raise ValueError("a subject is made of words with single dots between them, without * or >")
    return text


@dataclass(frozen=True, slots=True)
class QueueNames:
    """The names of one work queue and of what stands beside it.

    `consumer_name` and `dlq_stream_name` override what would be derived; empty means derived.
    """

    stream: str = "PROVISIONING"
    prefix: str = "provisioning"
    consumer_name: str = ""
    dlq_stream_name: str = ""

    @property
    def consumer(self) -> str:
        """The durable pull consumer."""
        return self.consumer_name or f"{self.prefix.replace('.', '-')}-worker"

    @property
    def tasks(self) -> str:
        """The subject tasks are published on."""
        return f"{self.prefix}.tasks"

    @property
    def dlq(self) -> str:
        """The subject dead letters are published on."""
        return f"{self.prefix}.dlq"

    @property
    def dlq_stream(self) -> str:
        """The dead letters' own stream."""
        return self.dlq_stream_name or f"{self.stream}_DLQ"

    @property
    def moving_dlq(self) -> str:
        """The subject on which dead letters are copied into their own stream, before it opens."""
        return f"{self.prefix}.moving.dlq"

    @property
    def replays(self) -> str:
        """The subjects of replay claims, as a stream lists them."""
        return f"{self.prefix}.replays.*"

    @property
    def replays_stream(self) -> str:
        """The side stream of claims, where the work queue cannot take them itself."""
        return f"{self.stream}_REPLAYS"

    def replay_claim(self, generation: str, sequence: int) -> str:
        """Return the claim subject of the dead letter `sequence`.

        `generation` tells apart two lives of the DLQ stream, whose sequences start again.
        """
        return f"{self.prefix}.replays.{generation}-{sequence}"

    @property
    def ledger(self) -> str:
        """The key-value bucket that remembers finished tasks."""
        return f"{self.stream}_LEDGER"

    @property
    def ledger_stream(self) -> str:
        """The stream behind the ledger's bucket."""
        return f"KV_{self.ledger}"

    @property
    def ledger_keys(self) -> str:
        """The subjects of the ledger's keys, as a stream lists them."""
        return f"$KV.{self.ledger}.>"

    @property
    def bodies(self) -> str:
        """The object store of what is too large for a dead letter."""
        return f"{self.stream}_BODIES"

    @property
    def bodies_stream(self) -> str:
        """The stream behind the object store of bodies."""
        return f"OBJ_{self.bodies}"

    def body_pieces(self, piece: str) -> str:
        """Return the subject of one body's bytes; `*` for those of all."""
        return f"$O.{self.bodies}.C.{piece}"

    def body_entry(self, entry: str) -> str:
        """Return the subject of the entry of one body, by its encoded name; `*` for all."""
        return f"$O.{self.bodies}.M.{entry}"

    @property
    def events_stream(self) -> str:
        """The stream that keeps task events."""
        return f"{self.stream}_EVENTS"

    def events(self, task_token: str) -> str:
        """Return the subject of one task's events; `task_token` is `*` for those of all."""
        return f"{self.prefix}.events.{task_token}"

    def worker(self, instance: str) -> str:
        """Return the subject on which one worker, by its service id, reports of itself."""
        return f"{self.prefix}.workers.{instance}"

    @property
    def audit_stream(self) -> str:
        """The stream of what operators did."""
        return f"{self.stream}_AUDIT"

    def audit(self, action: str) -> str:
        """Return the subject of the record of one kind of action; `*` for those of all."""
        return f"{self.prefix}.audit.{action}"

    @property
    def archive_stream(self) -> str:
        """The stream of purged dead letters, which undo reads."""
        return f"{self.stream}_ARCHIVE"

    def archive(self, letter: str) -> str:
        """Return the subject of an archived letter, `<generation>-<sequence>`; `*` for all."""
        return f"{self.prefix}.archive.{letter}"

    @property
    def advisories_stream(self) -> str:
        """The stream of captured max-deliver advisories."""
        return f"{self.stream}_ADVISORIES"

    @property
    def max_deliveries_advisory(self) -> str:
        """The subject on which the server tells of exhausted deliveries of this consumer."""
        kind = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES"
        return f"{kind}.{self.stream}.{self.consumer}"


REPLAY_OF = "Farutech-Replay-Of"
REPLAY_COUNT = "Farutech-Replay-Count"
REPLAYED_BY = "Farutech-Replayed-By"
REPLAY_ID = "Farutech-Replay-Id"
EDITED_BY = "Farutech-Edited-By"
ARCHIVE_ID = "Farutech-Archive-Id"
ARCHIVE_BY = "Farutech-Archive-By"
ARCHIVE_WHY = "Farutech-Archive-Why"
ARCHIVE_HEADERS = "Farutech-Archived-"
"""What a copy in the archive puts before the names of headers that are the server's."""
RESTORED_OF = "Farutech-Restored-Of"
TRACEPARENT = "traceparent"

SERVER_HEADER_PREFIX = "nats-"
_DEATH = "dead-"
WITH_HEADERS = ".headers"
"""Ends the name of an object that begins with the headers of the message in it."""
_SENDABLE = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


def is_server_header(name: str) -> bool:
    """Return whether the server gives this header a meaning, so that no copy may carry it."""
    return name.lower().startswith(SERVER_HEADER_PREFIX)


def carried_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that go on with a copy of a message: all but the server's own.

    Names that may not be sent, though a message came with them, stay behind too.
    """
    return {name: value for name, value in headers.items() if _is_carried(name)}


@lru_cache(maxsize=1024)
def _is_carried(name: str) -> bool:
    return not is_server_header(name) and is_sendable(name)


def is_sendable(name: str) -> bool:
    """Return whether a header of this name may be sent; some that came may not."""
    return _SENDABLE.fullmatch(name) is not None


def death_key(life: str, sequence: int) -> str:
    """Return what names the death of message `sequence`, in one life of its stream."""
    return f"{_DEATH}{life}-{sequence}"


def is_death_key(key: str) -> bool:
    """Return whether a message id or an object's name names a death."""
    return key.startswith(_DEATH)


def dead_message(key: str, life: str) -> int:
    """Return the message that a death's key names, 0 where it names none of this life."""
    named, _, sequence = key.removeprefix(_DEATH).removesuffix(WITH_HEADERS).rpartition("-")
    if not is_death_key(key) or named != life:
        return 0
    return int(sequence) if sequence.isascii() and sequence.isdigit() else 0
