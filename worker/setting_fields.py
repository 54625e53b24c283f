"""How a setting is declared: its default, environment variable and help, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import AliasChoices, Field
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

FILE: Mapping[str, Any] = {"json_schema_extra": {"is_file": True}}
"""What `setting` is given of one that names a file."""


def setting(default: Any, env: str, about: str, **limits: Any) -> Any:  # noqa: ANN401 - pydantic's
    """Declare a setting read from the environment variable `env`, described by `about`."""
    return Field(default, validation_alias=AliasChoices(env), description=about, **limits)


def is_file(field: FieldInfo) -> bool:
    """Return whether a setting names a file."""
    return bool(field.json_schema_extra == FILE["json_schema_extra"])


def env_name(field: FieldInfo) -> str:
    """Return the environment variable of a setting."""
    alias = field.validation_alias
    choices = getattr(alias, "choices", [alias])
    return str(choices[0])


class NamedVariables(PydanticBaseSettingsSource):
    """The variables that settings name, out of a source that also takes those named as a field.

    A field's own name is for Python: as a variable, `USER` or `LANG` would be ours by accident.
    """

    def __init__(self, settings: type[BaseSettings], source: PydanticBaseSettingsSource) -> None:
        super().__init__(settings)
        self._source = source

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return what the source has of one field."""
        return self._source.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        """Return what was set of the settings."""
        named = {env_name(field) for field in self.settings_cls.model_fields.values()}
        return {name: value for name, value in self._source().items() if name in named}
