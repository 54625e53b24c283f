"""What systems are called, and which of them must not break."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from farutech_console.operations.environments import environment_in, environment_of, is_production
from farutech_console.settings import ConsoleSettings


@pytest.mark.parametrize(
    ("name", "production"),
    [
        ("prod", True),
        ("Prod-EU", True),
        ("prodeu", True),
        ("eu_prod_2", True),
        ("production", True),
        ("eu-prd", True),
        ("non-prod", False),
        ("pre-prod", False),
        ("preprod", False),
        ("staging", False),
        ("reproduce", False),
        ("", False),
    ],
)
def test_production_is_known_by_its_name(name: str, *, production: bool) -> None:
    assert is_production(name) is production


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        ("orders-prod-eu", "prod"),
        ("orders.staging", "staging"),
        ("nonprod", "nonprod"),
        ("non-prod", "non-prod"),
        ("copy-of-prod-in-dev", ""),
        ("orders-eu", ""),
        ("products", ""),
        ("", ""),
    ],
)
def test_a_name_speaks_of_one_environment_or_of_none(name: str, environment: str) -> None:
    assert environment_in(name) == environment


@pytest.fixture
def selected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A context of the nats CLI that is selected; its server."""
    for variable in ("NATS_URL", "NATS_CONTEXT", "FARUTECH_ENVIRONMENT"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    server = "nats://orders.example:4222"
    (tmp_path / "nats" / "context").mkdir(parents=True)
    (tmp_path / "nats" / "context" / "orders-prod.json").write_text(json.dumps({"url": server}))
    (tmp_path / "nats" / "context.txt").write_text("orders-prod\n")
    return server


def _system(settings: ConsoleSettings) -> str:
    return environment_of(settings.environment, settings.context_in_use)


def test_the_context_names_the_system_where_nobody_else_does(selected: str) -> None:
    settings = ConsoleSettings()
    assert (settings.server, _system(settings)) == (selected, "prod")
    assert _system(ConsoleSettings(context="orders-prod")) == "prod"
    assert _system(ConsoleSettings(environment="canary")) == "canary"


@pytest.mark.usefixtures("selected")
def test_a_context_does_not_name_another_server() -> None:
    assert _system(ConsoleSettings(server="nats://elsewhere:4222")) == ""


def test_a_command_reaches_the_server_of_the_context_whatever_is_selected_later(
    selected: str,
) -> None:
    assert ConsoleSettings().reach == ("--context", "orders-prod")
    assert ConsoleSettings(server=selected).reach == ("--context", "orders-prod")


@pytest.mark.usefixtures("selected")
def test_a_command_reaches_the_server_that_was_named_without_the_secrets() -> None:
    settings = ConsoleSettings(
        server="nats://ana:hunter2@a.example:4222, tls://b.example",
        token=SecretStr("hunter2"),
        creds="/etc/ops.creds",
        js_domain="leaf",
        tls_first=True,
    )

    assert settings.reach == (
        *("--server", "nats://a.example:4222,tls://b.example"),
        *("--creds", "/etc/ops.creds", "--js-domain", "leaf", "--tls-first"),
    )


@pytest.mark.usefixtures("selected")
def test_a_command_needs_no_flags_for_the_server_that_is_usual() -> None:
    usual = ConsoleSettings.model_fields["server"].default

    assert ConsoleSettings(server=usual).reach == ()


@pytest.mark.usefixtures("selected")
def test_a_command_is_guarded_wherever_it_is_run_as_it_is_here() -> None:
    prod = ConsoleSettings(server=ConsoleSettings.model_fields["server"].default)
    assert prod.model_copy(update={"environment": "eu prod"}).reach == ("--environment", "eu prod")
    told = ConsoleSettings(environment="canary")
    assert told.reach == ("--environment", "canary", "--context", "orders-prod")
