"""What libraries and handlers say with Python's own `logging`, in the worker's log."""

from __future__ import annotations

import logging

from structlog.typing import FilteringBoundLogger

EVENT = "python.log"
_PLAIN = logging.Formatter()


def take_python_logging(log: FilteringBoundLogger) -> None:
    """Have warnings and worse of all Python loggers of this process written to `log`.

    One line each, so that a log of JSON stays one.
    """
    logging.basicConfig(handlers=[PythonLogHandler(log)], level=logging.WARNING)
    logging.captureWarnings(capture=True)


class PythonLogHandler(logging.Handler):
    """Writes records to the worker's log, as `python.log` with `logger` and `message`."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; one that cannot be formatted is told as logging tells of it."""
        try:
            said = {"logger": record.name, "message": record.getMessage()}
            if record.exc_info:
                said["exception"] = _PLAIN.formatException(record.exc_info)
            self._log.log(record.levelno, EVENT, **said)
        except Exception:  # noqa: BLE001 - whatever a record holds, logging it ends nothing
            self.handleError(record)
