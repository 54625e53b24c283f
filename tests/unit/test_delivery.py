from __future__ import annotations

from datetime import UTC, datetime

import pytest

from worker.model.delivery import NotADeliveryError, read_delivery

STORED = 1_764_000_000_123_456_789
NUMBERS = f"3.90412.17.{STORED}.250"


@pytest.mark.parametrize(
    "reply",
    [
        f"$JS.ACK.PROVISIONING.provisioning-worker.{NUMBERS}",
        f"$JS.ACK.hub.ACCHASH.PROVISIONING.provisioning-worker.{NUMBERS}",
        f"$JS.ACK._.ACCHASH.PROVISIONING.provisioning-worker.{NUMBERS}.Xr4nd0m",
    ],
)
def test_reads_every_form_of_the_reply_subject(reply: str) -> None:
    delivery = read_delivery(reply, b"body", {"Status": "a task's own"}, 4.5)
    assert (delivery.stream, delivery.consumer) == ("PROVISIONING", "provisioning-worker")
    assert delivery.delivery_count == 3
    assert (delivery.stream_sequence, delivery.stored_ns) == (90412, STORED)
    assert delivery.stored_at == datetime(2025, 11, 24, 16, 0, 0, 123456, tzinfo=UTC)
    assert (delivery.reply, delivery.received_at) == (reply, 4.5)
    assert delivery.headers == {"Status": "a task's own"}


def test_no_headers_are_an_empty_mapping() -> None:
    assert read_delivery(f"$JS.ACK.S.c.{NUMBERS}", b"", None, 0.0).headers == {}


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "_INBOX.abc.1",
        f"$JS.ACK.S.{NUMBERS}",
        f"$JS.ACK.domain.S.c.{NUMBERS}",
        f"$JS.FC.S.c.x.{NUMBERS}",
        "$JS.ACK.S.c.one.2.3.4.5",
    ],
)
def test_refuses_what_is_no_delivery(reply: str) -> None:
    with pytest.raises(NotADeliveryError):
        read_delivery(reply, b"", None, 0.0)
