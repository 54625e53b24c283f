"""What counts where a setting is given in several places."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from worker.flags import load_settings, settings_flags
from worker.model.breaker import BreakerPolicy
from worker.model.simulation import Simulation
from worker.setting_fields import env_name
from worker.settings import ConnectionSettings, QueueSettings, WorkerSettings


@pytest.fixture(autouse=True)
def _nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for field in WorkerSettings.model_fields.values():
        monkeypatch.delenv(env_name(field), raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def _write_context(home: Path, name: str, *, selected: bool = False, **keys: object) -> None:
    folder = home / "nats" / "context"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(keys))
    if selected:
        (home / "nats" / "context.txt").write_text(f"{name}\n")


def test_the_default_is_the_contracts() -> None:
    settings = QueueSettings()
    assert settings.connection("x").servers == ("nats://localhost:4222",)
    assert (settings.names.stream, settings.names.dlq_stream) == (
        "PROVISIONING",
        "PROVISIONING_DLQ",
    )


def test_each_place_overrides_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write_context(tmp_path, "staging", selected=True, url="nats://context:1")
    assert ConnectionSettings().server == "nats://context:1"
    (tmp_path / ".env").write_text("NATS_URL=nats://dotenv:1\n")
    assert ConnectionSettings().server == "nats://dotenv:1"
    monkeypatch.setenv("NATS_URL", "nats://environment:1")
    assert ConnectionSettings().server == "nats://environment:1"
    assert ConnectionSettings(server="nats://flag:1").server == "nats://flag:1"


def test_a_context_is_chosen_by_flag_then_by_variable_then_by_selection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("flag", "variable"):
        _write_context(tmp_path, name, url=f"nats://{name}:1")
    _write_context(tmp_path, "selected", selected=True, url="nats://selected:1")
    assert ConnectionSettings().server == "nats://selected:1"
    monkeypatch.setenv("NATS_CONTEXT", "variable")
    assert ConnectionSettings().server == "nats://variable:1"
    assert ConnectionSettings(context="flag").server == "nats://flag:1"


def test_a_context_gives_everything_about_the_connection(tmp_path: Path) -> None:
    _write_context(
        tmp_path,
        "all",
        url="tls://a:1, tls://b:2",
        creds="/c.creds",
        ca="/ca.pem",
        cert="/cert.pem",
        key="/key.pem",
        tls_first=True,
        jetstream_domain="hub",
        inbox_prefix="_INBOX_ops",
        description="ignored",
        color_scheme="",
    )
    options = ConnectionSettings(context="all").connection("x")
    assert options.servers == ("tls://a:1", "tls://b:2")
    assert options.credentials.creds == "/c.creds"
    assert (options.tls.ca, options.tls.cert, options.tls.key) == (
        "/ca.pem",
        "/cert.pem",
        "/key.pem",
    )
    assert options.tls.first
    assert options.api_prefix == "$JS.hub.API"
    assert options.inbox_prefix == "_INBOX_ops"


def test_an_api_prefix_goes_before_a_domain() -> None:
    settings = ConnectionSettings(js_domain="hub", js_api_prefix="JS.ops.API")
    assert settings.connection("x").api_prefix == "JS.ops.API"


@pytest.mark.parametrize(
    "given", [{"user": "me", "password": "p"}, {"creds": "/mine"}, {"server": "nats://me:p@a:1"}]
)
def test_credentials_are_never_mixed_from_two_places(tmp_path: Path, given: dict[str, str]) -> None:
    _write_context(tmp_path, "c", url="nats://c:1", user="other", password="theirs", token="t")
    settings = load_settings(ConnectionSettings, {"context": "c", **given})
    credentials = settings.connection("x").credentials
    assert credentials.user == given.get("user", "")
    assert credentials.password == given.get("password", "")
    assert credentials.token == ""


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone", None, "No such file"),
        ("../evil", None, "not the name"),
        ("broken", "{", "not JSON"),
        ("list", "[]", "not a JSON object"),
        ("nsc", '{"nsc": "nsc://o/a/u"}', "'nsc', which is not supported"),
    ],
)
def test_a_context_that_cannot_be_used_says_why(
    tmp_path: Path, name: str, content: str | None, words: str
) -> None:
    if content is not None:
        _write_context(tmp_path, name)
        (tmp_path / "nats" / "context" / f"{name}.json").write_text(content)
    with pytest.raises(click.UsageError, match=words):
        load_settings(ConnectionSettings, {"context": name})


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NATS_PASSWORD", "hunter2")
    monkeypatch.setenv("NATS_USER", "me")
    settings = ConnectionSettings()
    assert settings.connection("x").credentials.password == "hunter2"
    assert "hunter2" not in repr(settings) + repr(settings.connection("x"))


def test_flags_are_made_from_settings() -> None:
    @click.command()
    @settings_flags(QueueSettings)
    def command(**given: object) -> None:
        settings = load_settings(QueueSettings, given)
        click.echo(f"{settings.server} {settings.stream} {settings.tls_first}")

    runner = CliRunner()
    said = runner.invoke(command, ["--server", "nats://f:1", "--stream", "ORDERS", "--tls-first"])
    assert said.output == "nats://f:1 ORDERS True\n"
    help_text = " ".join(runner.invoke(command, ["--help"]).output.split())
    assert "[env NATS_URL] [default nats://localhost:4222]" in help_text


def test_a_default_stands_once() -> None:
    settings = WorkerSettings()
    assert settings.breaker_failures == BreakerPolicy().failures
    simulated = settings.simulation
    assert (simulated.shortest, simulated.longest) == (Simulation().shortest, Simulation().longest)
    about = WorkerSettings.model_fields["backoff_scale"].description
    assert about == "factor for the waits between attempts (10 20 40 80 160 s, 300 at most)"


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("", "give a NATS URL"),
        (" , ", "give a NATS URL"),
        ("http://a:4222", "begins with nats, tls"),
        ("nats://a:b", "HOST:PORT"),
        ("nats://", "HOST:PORT"),
        ("nats://a:70000", "HOST:PORT"),
        ("nats://a:1, nats://[::1", "HOST:PORT"),
    ],
)
def test_what_is_no_server_is_a_mistake_of_use(server: str, words: str) -> None:
    with pytest.raises(click.UsageError, match=rf"--server \(NATS_URL\): .*{words}"):
        load_settings(ConnectionSettings, {"server": server})


def test_a_server_that_is_refused_does_not_show_its_password() -> None:
    with pytest.raises(click.UsageError) as refused:
        load_settings(ConnectionSettings, {"server": "nats://me:hunter2@a:b"})
    assert "hunter2" not in str(refused.value)
    assert "(hidden)@a:b" in str(refused.value)


@pytest.mark.parametrize(
    "server", ["a", "a:1", "nats://a", "tls://[::1]:4222", "ws://a/b", "nats://me:p@a:1,b"]
)
def test_servers_in_every_notation_are_taken(server: str) -> None:
    assert ConnectionSettings(server=server).connection("x").servers == tuple(server.split(","))


def test_no_variable_but_those_that_are_named_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = WorkerSettings()
    named = {env_name(field) for field in WorkerSettings.model_fields.values()}
    for name in {name.upper() for name in WorkerSettings.model_fields} - named:
        monkeypatch.setenv(name, "7")
    (tmp_path / ".env").write_text("user=someone\nCONCURRENCY=7\nTOKEN=t\n")
    assert WorkerSettings() == plain
    monkeypatch.setenv("NATS_USER", "me")
    (tmp_path / ".env").write_text("FARUTECH_CONCURRENCY=3\n")
    assert (WorkerSettings().user, WorkerSettings().concurrency) == ("me", 3)


@pytest.mark.parametrize("name", ["stream", "consumer", "dlq_stream", "js_domain"])
@pytest.mark.parametrize("text", ["a b", "A.B", "*", "a>", "a/b", "a\\b", "a\n", "x" * 201])
def test_what_no_server_takes_as_a_name_is_a_mistake_of_use(name: str, text: str) -> None:
    flag = f"--{name.replace('_', '-')}"
    with pytest.raises(click.UsageError, match=f"{flag} .*: a name has no spaces"):
        load_settings(QueueSettings, {name: text})


@pytest.mark.parametrize("name", ["prefix", "js_api_prefix", "inbox_prefix"])
@pytest.mark.parametrize("text", ["a b", "a.", ".a", "a..b", "a.*", "a.>", "a\t"])
def test_what_is_no_subject_is_a_mistake_of_use(name: str, text: str) -> None:
    with pytest.raises(click.UsageError, match="a subject is made of words"):
        load_settings(QueueSettings, {name: text})


@pytest.mark.parametrize("name", ["stream", "prefix", "inbox_prefix"])
def test_what_is_needed_cannot_be_empty(name: str) -> None:
    with pytest.raises(click.UsageError, match=f"--{name.replace('_', '-')} "):
        load_settings(QueueSettings, {name: ""})


def test_a_prefix_of_several_words_makes_a_name_of_them() -> None:
    names = QueueSettings(prefix="eu.provisioning", js_api_prefix="$JS.hub.API").names
    assert (names.tasks, names.consumer) == ("eu.provisioning.tasks", "eu-provisioning-worker")


@pytest.mark.parametrize(
    ("variable", "given", "said"),
    [
        (
            "FARUTECH_CONCURRENCY",
            "0",
            "--concurrency (FARUTECH_CONCURRENCY): give at least 1, not '0'",
        ),
        ("FARUTECH_CONCURRENCY", "many", "give a whole number, not 'many'"),
        ("FARUTECH_BREAKER_FAILURES", "5000", "give at most 1000, not '5000'"),
        ("FARUTECH_TASK_TIMEOUT", "0", "give more than 0, not '0'"),
        ("FARUTECH_TASK_TIMEOUT", "1h", "give a number, not '1h'"),
        ("FARUTECH_LEDGER", "maybe", "give on or off, not 'maybe'"),
        ("FARUTECH_HANDLER", "htp", "give 'simulate', 'http' or 'exec', not 'htp'"),
        ("WORKER_ID", "", "--worker-id (WORKER_ID): give at least one character, not ''"),
    ],
)
def test_what_a_setting_wants_is_said(
    monkeypatch: pytest.MonkeyPatch, variable: str, given: str, said: str
) -> None:
    monkeypatch.setenv(variable, given)
    with pytest.raises(click.UsageError) as refused:
        load_settings(WorkerSettings, {})
    assert refused.value.message.endswith(said)
