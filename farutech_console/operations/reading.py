"""JetStream as a read-only console gets it: a second lock, beneath every operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from farutech_console.language import tr
from farutech_console.operations.errors import ReadOnlyError
from worker.jetstream.api import Api

_READS = (
    "INFO",
    "STREAM.INFO.",
    "STREAM.NAMES",
    "STREAM.LIST",
    "STREAM.MSG.GET.",
    "CONSUMER.INFO.",
    "CONSUMER.NAMES.",
    "CONSUMER.LIST.",
)


class ReadingApi(Api):
    """Asks what `api` asks, and refuses to publish or to change anything."""

    def __init__(self, api: Api) -> None:
        super().__init__(api.client, api.prefix, api.within)

    async def request(
        self, verb: str, body: Mapping[str, Any] | None = None, *, within: float | None = None
    ) -> dict[str, Any]:
        """Return the answer to a question.

        Raises:
            ReadOnlyError: it is no question.
        """
        if not any(_is_verb(verb, read) for read in _READS):
            _refuse(self.subject(verb))
        return await super().request(verb, body, within=within)

    def post(self, subject: str, body: bytes, headers: bytes) -> None:
        """Refuse: it is never a question.

        Raises:
            ReadOnlyError: always.
        """
        del body, headers
        _refuse(subject)

    async def _ask(
        self, subject: str, payload: bytes, headers: bytes, within: float | None
    ) -> bytes:
        # Publishing asks too: for the server's acknowledgement.
        if not subject.startswith(f"{self.prefix}."):
            _refuse(subject)
        return await super()._ask(subject, payload, headers, within)


def _is_verb(verb: str, read: str) -> bool:
    return verb.startswith(read) if read.endswith(".") else verb == read


def _refuse(subject: str) -> NoReturn:
    raise ReadOnlyError(
        tr("this console is read-only: nothing is sent to {subject}", subject=subject)
    )
