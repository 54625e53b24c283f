"""docs/worker.md says what the worker is: settings, metrics, events, exit codes, the context."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

from prometheus_client import CollectorRegistry, generate_latest
from pydantic import SecretStr

from worker.handlers.context import TaskContext
from worker.handlers.http import LONGEST_RETRY_AFTER
from worker.model.dead_letter import REASONS
from worker.model.event import EVENT_KINDS
from worker.model.retry import RetryPolicy
from worker.setting_fields import env_name
from worker.settings import WorkerSettings
from worker.telemetry.health import DEAD
from worker.telemetry.metrics import UNCONNECTED, Identity, Metrics
from worker.telemetry.tally import OUTCOMES, Tally

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "worker.md").read_text(encoding="utf-8")


def settings_rows() -> list[str]:
    """The rows of the table of settings, as the settings say."""
    rows = []
    for name, field in WorkerSettings.model_fields.items():
        flag = f"--{name.replace('_', '-')}"
        default = field.default
        if field.annotation is bool:
            flag, default = f"{flag}`, `--no-{flag[2:]}", "on" if default else "off"
        if isinstance(default, SecretStr):
            default = default.get_secret_value()
        if isinstance(default, float):
            default = f"{default:g}"
        shown = f"`{default}`" if default != "" else ""
        rows.append(f"| `{flag}` | `{env_name(field)}` | {shown} | {field.description} |")
    return rows


def section(title: str) -> str:
    _, _, below = DOCS.partition(f"\n## {title}\n")
    return below.partition("\n## ")[0]


def test_every_setting_stands_in_the_table() -> None:
    rows = [line for line in section("Settings").splitlines() if line.startswith("| ")][2:]
    assert rows == settings_rows(), "\n".join(["the table should be:", *settings_rows()])


def test_every_metric_is_named() -> None:
    registry = CollectorRegistry()
    Metrics(registry, Tally(["provision"]), UNCONNECTED, Identity("w", "1", "S", "c"))
    told = generate_latest(registry).decode()
    families = set(re.findall(r"^# TYPE (farutech_\S+)", told, re.MULTILINE))
    named = re.findall(r"^\| `(farutech_\w+)[{`]", DOCS, re.MULTILINE)
    assert sorted(named) == sorted(families)


def test_outcomes_reasons_and_events_are_named() -> None:
    for name in (*OUTCOMES, *EVENT_KINDS):
        assert f"`{name}`" in section("Seen from outside"), name
    for reason in REASONS:
        assert f"`{reason}`" in DOCS, reason


def test_the_waits_between_attempts_are_those_of_the_policy() -> None:
    policy = RetryPolicy(jitter=0.0)
    waits = ", ".join(f"{policy.delay(attempt, Random(0)):g}" for attempt in range(1, 6))
    jitter = f"±{RetryPolicy().jitter:.0%}".replace("%", " %")
    for name in ("README.md", "docs/worker.md"):
        words = " ".join((ROOT / name).read_text(encoding="utf-8").split())
        assert f"{waits} s, {jitter}" in words, name
    assert (DEAD, LONGEST_RETRY_AFTER) == (10.0, 3600.0), "docs/worker.md says them, too"


def test_what_the_context_has_is_there() -> None:
    named = re.findall(r"^\| `(\w+)(?:\(.*\))?` \|", section("Handlers"), re.MULTILINE)
    assert "fencing_token" in named
    assert all(hasattr(TaskContext, name) for name in named), named
