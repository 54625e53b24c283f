"""The faults of the Go worker, each shown to be gone, with a real worker on a real server.

Fault -> test; those of other files stand there, and `test_every_fault_has_its_test` looks for them.

computes a backoff and never uses it, five attempts burn within milliseconds
    -> tests/live/test_worker_settlement.py::test_a_failed_task_comes_again_after_the_delay_not_at_once
    -> test_five_attempts_do_not_burn_within_milliseconds
a message that cannot be parsed is lost without trace
    -> tests/live/test_worker_dead_letters.py::test_what_is_no_task_is_kept_byte_for_byte
a dead letter that fails to publish is logged, and its task terminated
    -> tests/live/test_worker_dead_letters.py::test_the_task_stays_until_its_dead_letter_is_stored
    -> tests/live/test_worker_dead_letters.py::test_a_full_dlq_does_not_stop_healthy_tasks
max_retries above max_deliver: the last nak is never redelivered
    -> tests/live/test_worker_settlement.py::test_a_task_cannot_ask_for_more_attempts_than_the_consumer_gives
a worker that dies in the last delivery leaves the task stuck for ever
    -> tests/faults/test_worker_sweep.py::test_ten_workers_bury_what_a_killed_one_left_once
    -> test_a_task_that_kills_its_worker_every_time_ends_as_a_dead_letter
a task that runs longer than ack wait is delivered again while it runs
    -> tests/faults/test_worker_leases.py::test_a_task_longer_than_ack_wait_and_lease_runs_once_beside_an_idle_worker
one task at a time
    -> tests/live/test_worker_loop.py::test_no_more_tasks_run_at_once_than_allowed
    -> tests/live/test_worker_loop.py::test_plain_functions_run_beside_each_other
shutdown does not wait for the task in hand
    -> tests/faults/test_worker_faults.py::test_a_signal_lets_the_task_finish_and_ends_with_0
    -> tests/live/test_worker_loop.py::test_leaving_lets_running_tasks_finish_and_hands_back_the_rest
idempotent only in the README
    -> tests/live/test_worker_wiring.py::test_a_task_published_twice_is_run_once
    -> tests/live/test_worker_wiring.py::test_two_workers_never_run_one_task_at_once
dead letters expire with the stream's max age
    -> test_dead_letters_outlive_the_max_age_of_the_stream
a thousand tasks in backoff stop all healthy ones
    -> tests/live/test_worker_backoff.py::test_twenty_thousand_tasks_in_backoff_hold_up_no_healthy_one
"""  # noqa: E501 - a path is one word

from __future__ import annotations

import re
import sys
from pathlib import Path
from subprocess import Popen

import pytest

from tests.support.nats_server import NatsServer
from tests.support.queues import NAMES, queue, task
from tests.support.stuck import with_consumer, with_stream
from tests.support.waiting import eventually
from tests.support.worker_queue import all_done, failing, letter_of, letters, publish
from tests.support.workers import worker_process, working
from worker.handlers.errors import Permanent

ROOT = Path(__file__).parents[2]


def test_every_fault_has_its_test() -> None:
    assert __doc__ is not None
    named = re.findall(r"-> (?:(\S+\.py)::)?(\w+)$", __doc__, re.MULTILINE)
    assert len(named) == __doc__.count("->") - 1
    for path, test in named:
        text = (ROOT / path if path else Path(__file__)).read_text(encoding="utf-8")
        assert re.search(rf"^(async )?def {test}\(", text, re.MULTILINE), (path, test)


async def test_five_attempts_do_not_burn_within_milliseconds(nats_server: NatsServer) -> None:
    """At a fiftieth of the real waits: 0.2, 0.4, 0.8 and 1.6 s, each less a fifth at most."""
    calls = failing(OSError("connection refused"))
    async with queue(nats_server) as where, working(nats_server, calls, backoff_scale=0.02):
        await publish(where, task(1))
        await letter_of(where)
    waits = [later - earlier for earlier, later in zip(calls.at, calls.at[1:], strict=False)]
    assert len(waits) == 4
    assert all(wait >= 0.8 * 0.2 * 2**n for n, wait in enumerate(waits))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a handler that kills its parent by a signal")
async def test_a_task_that_kills_its_worker_every_time_ends_as_a_dead_letter(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    killing = tmp_path / "kill.sh"
    killing.write_text("#!/bin/sh\necho $FARUTECH_ATTEMPT >> $0.seen\nkill -9 $PPID\n")
    killing.chmod(0o755)
    flags = ("--handler", "exec", "--exec-program", str(killing), "--sweep-interval", "0.3")
    deaths = 0
    async with queue(nats_server) as where:
        await with_consumer(where, ack_wait=10**9)
        await publish(where, task(1, max_retries=3))
        while not await letters(where):
            with worker_process(nats_server, tmp_path / "worker.log", *flags) as process:

                async def over(process: Popen[bytes] = process) -> bool:
                    return process.poll() is not None or bool(await letters(where))

                await eventually(over, within=30)
                deaths += process.poll() is not None
        letter, _ = await letter_of(where)
    assert (tmp_path / "kill.sh.seen").read_text().split() == ["1", "2", "3"]
    assert deaths == 3
    assert (letter.reason, letter.task.task_id) == ("stuck", "task-1")


async def test_dead_letters_outlive_the_max_age_of_the_stream(nats_server: NatsServer) -> None:
    second = 10**9
    async with queue(nats_server) as where:
        await with_stream(where, NAMES.stream, max_age=2 * second, duplicate_window=second)
        async with working(nats_server, failing(Permanent("no such plan"))):
            await publish(where, task(1))
            letter, _ = await letter_of(where)
        # A task that nobody takes shows that the age limit struck.
        await publish(where, task(2))
        await eventually(lambda: all_done(where), within=30)
    nats_server.restart(kill=True)
    async with queue(nats_server, None) as where:
        ((after, _),) = await letters(where)
    assert after == letter
    assert letter.task.task_id == "task-1"
