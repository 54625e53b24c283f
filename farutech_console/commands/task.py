"""`farutech-console task`: all that the server knows of one task, or which tasks a tenant has."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from farutech_console.commands import output
from farutech_console.commands.events import step_line
from farutech_console.commands.output import json_flag
from farutech_console.commands.session import EXIT_DONE, EXIT_FAILED, run, unless_stopped
from farutech_console.operations.story.words import where_words
from farutech_console.operations.units import full_time
from farutech_console.settings import ConsoleSettings
from worker.flags import settings_flags
from worker.model.text import literal

if TYPE_CHECKING:
    from farutech_console.operations.live.backend import LiveBackend
    from farutech_console.operations.story.view import TaskStory, TaskSummary

LIMIT = 100


@click.command()
@click.argument("task_id", metavar="[ID]", required=False)
@click.option("--tenant", default="", help="In place of ID: list the tasks of this tenant.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=LIMIT,
    show_default=True,
    help="With --tenant: the latest so many.",
)
@json_flag
@settings_flags(ConsoleSettings)
def task(
    *,
    task_id: str | None,
    tenant: str,
    limit: int,
    as_json: bool,
    **given: Any,
) -> None:
    """Tell the story of a task: every attempt, worker, delay and error, and where it is now.

    It is put together from events, work queue, dead letters, ledger and archive; a fleet that
    publishes no events has its queue and its dead letters searched. Exit code 1 where nothing is
    known of it.

    With --json one object, with --tenant a line for each task. Its keys: see docs/commands.md.
    """
    if bool(task_id) == bool(tenant):
        raise click.UsageError("say which task: its ID, or --tenant to list a tenant's")

    async def work(backend: LiveBackend, stop: asyncio.Event) -> int:
        from farutech_console.operations.story.telling import task_story, tenant_tasks

        queue = backend.queue()
        if task_id:
            story = await unless_stopped(task_story(queue, task_id), stop)
            if as_json:
                output.json_line(story.record())
            else:
                for line in story_lines(story):
                    click.echo(line)
            return EXIT_DONE if story.is_known else EXIT_FAILED
        tasks = await unless_stopped(tenant_tasks(queue, tenant, limit), stop)
        if as_json:
            for one in tasks:
                output.json_line(one.record())
        else:
            _print_tasks(tasks, tenant)
        return EXIT_DONE if tasks else EXIT_FAILED

    run(given, work)


def story_lines(story: TaskStory) -> Iterator[str]:
    """Yield a story in words: what, where, and each step."""
    yield f"{'task':<9} {literal(story.task_id)}"
    if story.tenant_id:
        yield f"{'tenant':<9} {literal(story.tenant_id)}"
    if story.task_type:
        yield f"{'type':<9} {literal(story.task_type)}"
    for where in story.where:
        yield f"{'now':<9} {where_words(where)}"
    for step in story.steps:
        yield step_line(step, of_one_task=True)
    if story.missing:
        yield f"Not there, so the story may have gaps: {', '.join(map(literal, story.missing))}"


def _print_tasks(tasks: tuple[TaskSummary, ...], tenant: str) -> None:
    if not tasks:
        output.say(f"Nothing is known of a tenant {literal(tenant)}.")
        return
    rows = [
        (
            task.task_id,
            task.task_type,
            task.place,
            str(task.sequence or ""),
            full_time(task.at),
            task.event,
        )
        for task in tasks
    ]
    titles = ("task", "type", "where", "seq", "since", "last event")
    output.table(titles, rows, (40, 16, 8, 12, 24, 17))
