"""What the console's process of a browser session is told: its settings, and nothing else of ours.

Settings go through the environment, since the arguments of a process are for everyone to read.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from farutech_console.settings import ConsoleSettings
from worker.setting_fields import env_name

KEPT = frozenset(
    {
        "HOME",
        "LANG",
        "LANGUAGE",
        "LC_ALL",
        "LC_CTYPE",
        "LC_MESSAGES",
        "LOGNAME",
        "NO_COLOR",
        "PATH",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "SYSTEMROOT",
        "TEMP",
        "TMPDIR",
        "TZ",
        "USER",
        "USERNAME",
        "VIRTUAL_ENV",
        "XDG_CONFIG_HOME",
    }
)
"""Variables of ours that the process needs to find itself, its user and the authorities' keys."""

DRIVER = "textual.drivers.web_driver:WebDriver"


def child_environment(
    settings: ConsoleSettings, ours: Mapping[str, str], columns: int, rows: int
) -> dict[str, str]:
    """Return the environment of a console that draws for a browser of this size."""
    kept = {name: value for name, value in ours.items() if name in KEPT}
    drawing = {
        "TEXTUAL_DRIVER": DRIVER,
        "TEXTUAL_COLOR_SYSTEM": "truecolor",
        "TERM_PROGRAM": "textual",
        "COLUMNS": str(columns),
        "ROWS": str(rows),
    }
    return kept | _as_variables(settings) | drawing


def _as_variables(settings: ConsoleSettings) -> dict[str, str]:
    return {
        env_name(field): _text(getattr(settings, name))
        for name, field in type(settings).model_fields.items()
    }


def _text(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
