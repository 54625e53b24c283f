"""The nats CLI's own context files, as a source of settings.

A context is `$XDG_CONFIG_HOME/nats/context/NAME.json`, by default below `~/.config`; `context.txt`
beside that folder names the selected one (ADR-21 of the NATS project).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

SETTING_OF_KEY = {
    "url": "server",
    "user": "user",
    "password": "password",
    "token": "token",
    "creds": "creds",
    "nkey": "nkey",
    "ca": "tls_ca",
    "cert": "tls_cert",
    "key": "tls_key",
    "tls_first": "tls_first",
    "jetstream_domain": "js_domain",
    "jetstream_api_prefix": "js_api_prefix",
    "inbox_prefix": "inbox_prefix",
}
UNSUPPORTED = ("nsc", "socks_proxy", "user_jwt", "user_seed", "windows_cert_store")
CREDENTIALS = frozenset({"user", "password", "token", "creds", "nkey"})


class ContextError(ValueError):
    """A context that was asked for cannot be used; the text says which and why."""


def read_context(name: str, home: Path) -> dict[str, Any]:
    """Return the settings in the context `name`, or in the selected one where `name` is empty.

    `home` is the folder that holds `nats/`. With no name and none selected there are none.

    Raises:
        ContextError: no such context, not JSON, or it needs what is not supported.
    """
    chosen = name or _selected(home)
    if not chosen:
        return {}
    if ".." in chosen or "/" in chosen or os.sep in chosen:
        raise ContextError(f"{chosen!r} is not the name of a NATS context")
    path = home / "nats" / "context" / f"{chosen}.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContextError(f"NATS context {chosen!r}: {path}: {error.strerror}") from error
    except ValueError as error:
        raise ContextError(f"NATS context {chosen!r}: {path} is not JSON: {error}") from error
    if not isinstance(found, Mapping):
        raise ContextError(f"NATS context {chosen!r}: {path} is not a JSON object")
    return _settings(chosen, found)


def context_of(server: str, name: str, home: Path) -> str:
    """Return which context this server is from: `name`, or the selected one where it is empty.

    Empty where there is none, or the server was named otherwise.

    Raises:
        ContextError: as `read_context`.
    """
    chosen = name or _selected(home)
    return chosen if read_context(chosen, home).get("server") == server else ""


def config_home(environment: Mapping[str, str]) -> Path:
    """Return the folder in which the nats CLI keeps its own."""
    configured = environment.get("XDG_CONFIG_HOME")
    return Path(configured) if configured else Path.home() / ".config"


class NatsContextSource(PydanticBaseSettingsSource):
    """Settings from the context that `--context` or `NATS_CONTEXT` names, else the selected one.

    Credentials are taken from one place as a whole: where a flag or the environment gives any, or
    the server's URL carries them, those of the context are left out.
    """

    def __init__(self, settings: type[BaseSettings]) -> None:
        super().__init__(settings)

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return nothing for single fields: a context is read as a whole."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return what the context sets and no source before it did."""
        given = {self._name(key): value for key, value in self.current_state.items()}
        found = read_context(str(given.get("context") or ""), config_home(os.environ))
        if CREDENTIALS & given.keys() or "@" in str(given.get("server", "")):
            found = {key: value for key, value in found.items() if key not in CREDENTIALS}
        return {key: value for key, value in found.items() if key not in given}

    def _name(self, key: str) -> str:
        for name, field in self.settings_cls.model_fields.items():
            choices = getattr(field.validation_alias, "choices", ())
            if key == name or key in choices:
                return name
        return key


def _selected(home: Path) -> str:
    try:
        return (home / "nats" / "context.txt").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _settings(name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    for key in UNSUPPORTED:
        if found.get(key):
            raise ContextError(f"NATS context {name!r} uses {key!r}, which is not supported here")
    return {setting: found[key] for key, setting in SETTING_OF_KEY.items() if found.get(key)}
