"""The operator's console: what the queue holds, and what to do about it."""

from worker import __version__ as __version__
