"""Why an operation would not do what it was asked, in words for an operator."""

from __future__ import annotations


class OperationError(Exception):
    """Base of every refusal that is the console's own."""


class ReadOnlyError(OperationError):
    """The console may look and not touch."""


class StalePlanError(OperationError):
    """The plan is about a stream that is no longer there as it was looked at."""


class AuditError(OperationError):
    """The audit could not be written; before a change that means that nothing was changed."""


class UnsupportedError(OperationError):
    """The server is too old for what was asked."""


class ArchiveError(OperationError):
    """There is no archive to move dead letters into; nothing was changed."""


class NothingToUndoError(OperationError):
    """There is no purge to take back, or nothing is left of it."""


class NoteError(OperationError):
    """A note that cannot be kept as it is."""
