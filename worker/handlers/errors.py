"""What a handler may raise to say more than "it failed". Anything else is tried again."""

from __future__ import annotations

import math


class HandlerError(Exception):
    """Base of the errors by which a handler speaks to the worker."""


class Permanent(HandlerError):  # noqa: N818 - `raise Permanent("...")` reads as it acts
    """Trying again cannot help: the task becomes a dead letter now."""


class RetryAfter(HandlerError):  # noqa: N818 - `raise RetryAfter(30)` reads as it acts
    """Try again, but not before `seconds` have passed; counts as an attempt."""

    def __init__(self, seconds: float, message: str = "") -> None:
        """Say how long to wait.

        Raises:
            ValueError: `seconds` is not a number.
        """
        if math.isnan(seconds):
            raise ValueError("RetryAfter needs a number of seconds")
        super().__init__(message or f"asked to be tried again in {seconds:g} s")
        self.seconds = seconds
