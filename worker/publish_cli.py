"""`farutech-publish`: put tasks on the queue, with the Go publisher's flags."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from worker.flags import CONNECT_WITHIN, EXIT_NO_CONNECTION, load_settings
from worker.model.clock import Clock, SystemClock, format_rfc3339
from worker.model.task import Task, encode_task
from worker.model.text import literal
from worker.settings import QueueSettings

if TYPE_CHECKING:
    from worker.jetstream.api import Api, PubAck

EXIT_FAILED = 1
ATTEMPTS = 3
AT_ONCE = 64
FLAGS = ("nats", "type", "tenant", "module", "count", "help")
PAYLOAD = {"environment": "production", "features": ["basic", "advanced"]}
MAX_RETRIES = 5
MAX_COUNT = 1_000_000


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--nats", metavar="URL", help="NATS server  [env NATS_URL]")
@click.option("--type", "task_type", default="provision", show_default=True, help="task type")
@click.option("--tenant", default="tenant-001", show_default=True, help="tenant")
@click.option("--module", default="module-erp", show_default=True, help="module")
@click.option(
    "--count",
    default=1,
    show_default=True,
    type=click.IntRange(1, MAX_COUNT),
    help="how many; with more than one the tenants are TENANT-1, TENANT-2, ...",
)
def publish(nats: str | None, task_type: str, tenant: str, module: str, count: int) -> None:
    """Publish provisioning tasks, each confirmed by the server.

    A single dash does as well: farutech-publish -type provision -tenant acme-corp -count 3

    \b
    Exit codes: 0 all stored, 1 not all, 2 wrong usage, 3 no connection.
    """  # noqa: D301 - click's mark
    if not task_type:
        raise click.BadParameter("a task needs a type", param_hint="--type")
    given = {"server": nats} if nats else {}
    settings = load_settings(QueueSettings, given)
    tasks = new_tasks(task_type, tenant, module, count, SystemClock())
    sys.exit(asyncio.run(_publish(settings, tasks)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; `arguments` are those of the process by default."""
    given = sys.argv[1:] if arguments is None else arguments
    publish(long_flags(given), prog_name="farutech-publish")


def long_flags(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with Go's `-type` and `-type=x` as `--type` and `--type=x`."""
    return [f"-{word}" if _is_go_flag(word) else word for word in arguments]


def new_tasks(task_type: str, tenant: str, module: str, count: int, clock: Clock) -> Iterator[Task]:
    """Yield `count` tasks as the Go publisher makes them."""
    for number in range(1, count + 1):
        yield Task(
            task_id=str(uuid4()),
            tenant_id=f"{tenant}-{number}" if count > 1 else tenant,
            task_type=task_type,
            module_id=module,
            payload=PAYLOAD,
            attempt=1,
            max_retries=MAX_RETRIES,
            created_at=format_rfc3339(clock.now()),
        )


async def publish_task(api: Api, subject: str, task: Task) -> PubAck:
    """Store one task and return the server's acknowledgement.

    Where none came the task is sent again with the same id, which the server stores once.

    Raises:
        JetStreamError: it was refused, or no acknowledgement came in `ATTEMPTS` attempts.
    """
    from worker.jetstream.errors import UncertainError

    for _ in range(ATTEMPTS - 1):
        try:
            return await api.publish(subject, encode_task(task), msg_id=task.task_id)
        except UncertainError:
            continue
    return await api.publish(subject, encode_task(task), msg_id=task.task_id)


async def _publish(settings: QueueSettings, tasks: Iterator[Task]) -> int:
    from worker.jetstream.connect.connection import connect
    from worker.jetstream.errors import JetStreamError, RefusedError, UnreachableError

    options = settings.connection("farutech-publish")
    try:
        async with connect(options, within=CONNECT_WITHIN) as connection:
            return await _publish_all(connection.api, settings.names.tasks, tasks)
    except UnreachableError as error:
        click.echo(f"farutech-publish: {error}; --nats or NATS_URL says where it is", err=True)
        return EXIT_NO_CONNECTION
    except RefusedError as error:
        click.echo(f"farutech-publish: {error}", err=True)
        return EXIT_NO_CONNECTION
    except JetStreamError as error:
        click.echo(f"farutech-publish: {error}", err=True)
        return EXIT_FAILED


async def _publish_all(api: Api, subject: str, tasks: Iterator[Task]) -> int:
    from worker.jetstream.errors import JetStreamError

    failed = 0
    while batch := list(itertools.islice(tasks, AT_ONCE)):
        sent = (publish_task(api, subject, task) for task in batch)
        answers = await asyncio.gather(*sent, return_exceptions=True)
        for task, answer in zip(batch, answers, strict=True):
            if isinstance(answer, JetStreamError):
                failed += 1
                click.echo(f"not stored: {task.task_id}: {answer}", err=True)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                click.echo(_line(task, answer))
        if failed:
            return EXIT_FAILED
    return 0


def _line(task: Task, stored: PubAck) -> str:
    words = (task.task_id, task.task_type, task.tenant_id, task.module_id)
    shown = " ".join(literal(word) for word in words)
    return f"published {shown} as {stored.stream} {stored.sequence}"


def _is_go_flag(word: str) -> bool:
    return (
        word.startswith("-") and not word.startswith("--") and word[1:].partition("=")[0] in FLAGS
    )
