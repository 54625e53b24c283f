"""The built-in handler: provisioning as it would go, its durations and failures set by flags."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from random import Random

from worker.handlers.context import TaskContext
from worker.handlers.errors import Permanent
from worker.handlers.registry import Registry
from worker.model.simulation import Simulation
from worker.model.task import Task

TASK_TYPES = ("deprovision", "provision", "update")


class ProvisioningError(Exception):
    """What a provisioning API that is in trouble answers."""


class SimulatedProvisioning:
    """A handler for `provision`, `deprovision` and `update`.

    Fate is decided by task id and replay count with `seed`, so that a task fails the same way
    wherever and whenever it runs; chance decides only single attempts and durations.
    """

    def __init__(self, simulation: Simulation, random: Random, seed: int = 0) -> None:
        self._simulation = simulation
        self._random = random
        self._seed = seed

    async def __call__(self, task: Task, context: TaskContext) -> None:
        """Take some time, then succeed or fail.

        Raises:
            Permanent: the task is refused for good.
            ProvisioningError: this attempt failed.
        """
        simulation = self._simulation
        await asyncio.sleep(self._random.uniform(simulation.shortest, simulation.longest))
        if context.replays and simulation.heal_on_replay:
            return
        fate = _fate(self._seed, task.task_id, context.replays)
        roll = fate.random()
        permanent = simulation.permanent.of(task.task_type)
        if roll < permanent:
            raise Permanent(_pick(_REFUSALS, fate)(task, fate))
        outage = roll < permanent + simulation.outage.of(task.task_type)
        if outage or self._random.random() < simulation.transient.of(task.task_type):
            raise ProvisioningError(_pick(_TROUBLES, fate)(task, fate))

    @property
    def registry(self) -> Registry:
        """The task types it knows."""
        return Registry(dict.fromkeys(TASK_TYPES, self))


Words = Callable[[Task, Random], str]

_TROUBLES: tuple[Words, ...] = (
    lambda _, fate: f"connection refused: 10.0.{fate.randint(1, 4)}.{fate.randint(2, 254)}:5432",
    lambda _, fate: f"timeout after {fate.choice((15, 30, 60))} s waiting for the database API",
    lambda _, fate: f"provisioning API answered 503 (request {fate.getrandbits(32):08x})",
    lambda _, fate: f"too many connections to db-{fate.randint(1, 6):02d}: 500 of 500 in use",
)
_REFUSALS: tuple[Words, ...] = (
    lambda task, fate: f'quota exceeded for tenant "{task.tenant_id}": 10 of 10 databases',
    lambda task, _: f'schema "{_schema(task)}" already exists',
    lambda task, _: f'module "{task.module_id}" is not part of the subscription',
)


def _pick(choices: tuple[Words, ...], fate: Random) -> Words:
    return choices[int(fate.random() * len(choices))]


def _schema(task: Task) -> str:
    return "tenant_" + task.tenant_id.replace("-", "_").lower()


def _fate(seed: int, task_id: str, replays: int) -> Random:
    """Return the chance that belongs to one life of a task; the same in every process."""
    life = f"{seed}:{task_id}:{replays}".encode("utf-8", "surrogatepass")
    return Random(hashlib.blake2b(life, digest_size=8).digest())
