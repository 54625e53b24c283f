"""What can go wrong between here and the server, in words for an operator."""

from __future__ import annotations


class JetStreamError(Exception):
    """Base of every failure that a server or the way to it causes."""


class UnreachableError(JetStreamError):
    """No server answered: down, not to be reached, or the connection was cut."""


class RefusedError(JetStreamError):
    """The server answered and will not let us in; trying again will not help."""


class UncertainError(JetStreamError):
    """No answer in time: what was asked may or may not have been done."""


class NotAllowedError(UncertainError):
    """The server's permissions forbid it, as far as is known: nothing was done.

    The server names the subject and not the request, hence the kind of error it is.
    """


class PayloadTooLargeError(JetStreamError):
    """Headers and body together are more than the server takes."""

    def __init__(self, subject: str, size: int, limit: int) -> None:
        super().__init__(f"{subject}: message of {size} bytes, the server takes {limit}")
        self.size = size
        self.limit = limit


class ApiError(JetStreamError):
    """JetStream refused a request.

    `err_code` is the server's own number (for instance 10059, stream not found), 0 where the
    error has none.
    """

    def __init__(self, subject: str, code: int, err_code: int, description: str) -> None:
        super().__init__(f"{description} ({subject}: code {code}, err_code {err_code})")
        self.code = code
        self.err_code = err_code
        self.description = description


class NoJetStreamError(RefusedError):
    """The server has no JetStream for this account, or nobody answers its API."""


class NoLeaderError(ApiError):
    """The cluster has no leader for JetStream: an election is on, or too few servers are up."""

    def __init__(self, subject: str) -> None:
        super().__init__(subject, 503, NO_LEADER, "JetStream has no leader")
        self.args = (
            f"JetStream has no leader: are more than half of its cluster's servers up? ({subject})",
        )


NO_LEADER = 10008
STREAM_NOT_FOUND = 10059
CONSUMER_NOT_FOUND = 10014
MESSAGE_NOT_FOUND = 10037
SEQUENCE_NOT_FOUND = 10043
MESSAGE_DELETE_FAILED = 10057
STREAM_NAME_IN_USE = 10058
SUBJECTS_OVERLAP = 10065
WRONG_LAST_SEQUENCE = 10071
WRONG_LAST = (WRONG_LAST_SEQUENCE, 10164)
"""The last sequence is another than was expected; the second one is what clusters say too."""
JETSTREAM_NOT_ENABLED = (10039, 10076)
