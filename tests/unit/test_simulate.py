"""The simulated provisioning: fates that hold, rates that are kept, settings that are checked."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from tests.unit.test_handlers import context
from worker.handlers.errors import Permanent
from worker.handlers.simulate import ProvisioningError, SimulatedProvisioning
from worker.model.simulation import Rates, Simulation, parse_range, parse_rates
from worker.model.task import Task

QUICK = Simulation(shortest=0.0, longest=0.0)


async def outcome(
    simulation: Simulation,
    task_id: str,
    *,
    task_type: str = "provision",
    replays: int = 0,
    chance: int = 1,
) -> str:
    run = SimulatedProvisioning(simulation, Random(chance))
    task = Task(task_id=task_id, task_type=task_type, tenant_id="acme-1", module_id="erp")
    try:
        await run(task, context(replays))
    except Permanent as error:
        return f"permanent: {error}"
    except ProvisioningError as error:
        return f"transient: {error}"
    return "done"


async def test_nothing_fails_unless_asked_for() -> None:
    assert {await outcome(QUICK, f"t-{n}") for n in range(50)} == {"done"}


async def test_a_fate_is_the_same_in_every_attempt_and_every_process() -> None:
    simulation = replace(QUICK, outage=Rates(0.3), permanent=Rates(0.3))
    for number in range(50):
        lives = {await outcome(simulation, f"t-{number}", chance=chance) for chance in range(3)}
        assert len(lives) == 1


async def test_the_rates_are_kept_and_the_causes_several() -> None:
    simulation = replace(QUICK, outage=Rates(0.25), permanent=Rates(0.25))
    outcomes = [await outcome(simulation, f"t-{number}") for number in range(1000)]
    permanent = [words for words in outcomes if words.startswith("permanent")]
    transient = [words for words in outcomes if words.startswith("transient")]
    assert 200 < len(permanent) < 300
    assert 200 < len(transient) < 300
    for cause in ("connection refused: 10.0.", "timeout after ", "answered 503", "too many conn"):
        assert any(cause in words for words in transient)
    for cause in ("quota exceeded", "already exists", "not part of the subscription"):
        assert any(cause in words for words in permanent)


async def test_rates_go_by_type() -> None:
    simulation = replace(QUICK, permanent=Rates(0.0, {"update": 1.0}))
    assert await outcome(simulation, "t", task_type="provision") == "done"
    assert (await outcome(simulation, "t", task_type="update")).startswith("permanent")


async def test_a_transient_failure_may_pass() -> None:
    simulation = replace(QUICK, transient=Rates(0.5))
    outcomes = {(await outcome(simulation, "t", chance=c)).partition(":")[0] for c in range(20)}
    assert outcomes == {"done", "transient"}


async def test_a_replay_heals_where_asked_for() -> None:
    sick = replace(QUICK, permanent=Rates(1.0))
    healing = replace(QUICK, permanent=Rates(1.0), heal_on_replay=True)
    assert (await outcome(sick, "t", replays=1)).startswith("permanent")
    assert (await outcome(healing, "t", replays=0)).startswith("permanent")
    assert await outcome(healing, "t", replays=1) == "done"


def test_it_knows_the_go_workers_types() -> None:
    registry = SimulatedProvisioning(Simulation(), Random(1)).registry
    assert registry.task_types == ("deprovision", "provision", "update")
    found = registry.find("provision")
    assert found is not None
    assert not found.blocks


@pytest.mark.parametrize(
    ("text", "expected"), [("0.2-1.0", (0.2, 1.0)), ("0.5", (0.5, 0.5)), ("0-0", (0.0, 0.0))]
)
def test_a_range(text: str, expected: tuple[float, float]) -> None:
    assert parse_range(text) == expected


@pytest.mark.parametrize("text", ["", "a-b", "2-1", "-1", "0-999999", "nan", "1-inf"])
def test_no_range(text: str) -> None:
    with pytest.raises(ValueError, match="MIN-MAX"):
        parse_range(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1", Rates(0.1)),
        ("provision=0.1, update=1", Rates(0.0, {"provision": 0.1, "update": 1.0})),
        ("0.2,update=0", Rates(0.2, {"update": 0.0})),
    ],
)
def test_rates(text: str, expected: Rates) -> None:
    assert parse_rates(text) == expected


@pytest.mark.parametrize("text", ["", "1.1", "-0.1", "update=", "update=x", "nan", "a=b=c"])
def test_no_rates(text: str) -> None:
    with pytest.raises(ValueError, match="share"):
        parse_rates(text)
