"""`farutech-worker topology`: what on the server is not as declared, and making it so."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from worker.asking import confirmed
from worker.flags import CONNECT_WITHIN, EXIT_NO_CONNECTION, load_settings, settings_flags
from worker.model.clock import SystemClock
from worker.model.text import literal
from worker.model.topology_changes import (
    CreateConsumer,
    CreateStream,
    Difference,
    Verdict,
)
from worker.model.topology_diff import differences
from worker.settings import QueueSettings
from worker.table import table

if TYPE_CHECKING:
    from worker.jetstream.api import Api
    from worker.jetstream.migration.apply import Applied
    from worker.model.names import QueueNames
    from worker.model.state import ServerState

EXIT_DIFFERS = 1
EXIT_NOT_ALL = 1
EXIT_FAILED = 1
EXIT_CANCELLED = 130
PIPE_COLUMNS = 120

IN_WORDS: dict[Verdict, str] = {"safe": "safe", "pause": "needs a pause", "refused": "refused"}
OTHERS = (
    "Clients that create or update the stream or its consumer with settings of their own will"
    " fail or put them back; the Go worker only creates what is missing."
)

T = TypeVar("T")


@click.group()
def topology() -> None:
    """Compare what is on the server with what is declared."""


def _common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags that plan and apply share."""
    command = click.option("--json", "as_json", is_flag=True, help="JSON, one object a line")(
        command
    )
    command = click.option(
        "--replicas",
        type=click.IntRange(1, 5),
        help="copies of each stream in a cluster  [default: as many as the work queue has]",
    )(command)
    return settings_flags(QueueSettings)(command)


@topology.command("plan")
@_common
def plan(*, replicas: int | None, as_json: bool, **given: Any) -> None:
    """Show what differs, what applying it does, and whether that is safe. Changes nothing.

    \b
    Exit codes:
      0  nothing differs
      1  something differs, or the server failed
      2  wrong usage
      3  no connection, or no JetStream
    """  # noqa: D301 - click's mark

    def look() -> int:
        found, _ = _run(settings, lambda api: _plan(api, settings, replicas))
        _show(found, as_json=as_json)
        return EXIT_DIFFERS if found else 0

    settings = load_settings(QueueSettings, given)
    sys.exit(_guarded(look))


@topology.command("apply")
@click.option("--yes", is_flag=True, help="do not ask")
@click.option(
    "--drain",
    type=click.FloatRange(0, 3600),
    default=60.0,
    show_default=True,
    help="seconds to wait for tasks in flight before dead letters move",
)
@_common
def apply_plan(
    *,
    replicas: int | None,
    as_json: bool,
    yes: bool,
    drain: float,
    **given: Any,
) -> None:
    """Show the plan, ask, and make the server as declared, one difference after the other.

    It may be interrupted at any point and run again.

    \b
    Exit codes:
      0    nothing differs any more
      1    something was refused or failed; the output says what and why
      2    wrong usage
      3    no connection, or no JetStream
      130  cancelled
    """  # noqa: D301 - click's mark
    if not yes and (as_json or not sys.stdin.isatty()):
        raise click.UsageError("nobody can be asked here: look at the plan, then give --yes")

    settings = load_settings(QueueSettings, given)
    sys.exit(_guarded(lambda: _plan_and_apply(settings, replicas, drain, yes=yes, as_json=as_json)))


def _plan_and_apply(
    settings: QueueSettings, replicas: int | None, drain: float, *, yes: bool, as_json: bool
) -> int:
    """Show the plan and ask; then carry out that very plan, whatever has changed meanwhile."""
    found, server = _run(settings, lambda api: _plan(api, settings, replicas))
    if not as_json:
        _show(found, as_json=False)
    count = sum(difference.change is not None for difference in found)
    if count and not yes and not asyncio.run(_agreed(count)):
        click.echo("nothing was changed", err=True)
        return EXIT_CANCELLED
    return _run(settings, lambda api: _apply(api, settings, server, found, drain, as_json=as_json))


async def _plan(
    api: Api, settings: QueueSettings, replicas: int | None
) -> tuple[Sequence[Difference], ServerState]:
    from worker.jetstream.migration.survey import survey

    declared, found = await survey(api, settings.names, replicas)
    return differences(declared, settings.names, found), found.server


async def _apply(
    api: Api,
    settings: QueueSettings,
    server: ServerState,
    plan: Sequence[Difference],
    drain: float,
    *,
    as_json: bool,
) -> int:
    from worker.jetstream.migration.apply import apply
    from worker.jetstream.migration.parts import Parts, Waits

    outcomes: Counter[str] = Counter()
    parts = Parts(api, settings.names, server, SystemClock(), Waits(drain), tell=_tell)
    async for applied in apply(parts, plan):
        outcomes[applied.outcome] += 1
        click.echo(_outcome_json(applied) if as_json else _outcome_line(applied))
        if applied.outcome == "applied" and _is_ledger(applied.difference, settings.names):
            _tell("         workers that run already keep it from their next round on")
    if as_json:
        kinds = ("applied", "refused", "failed")
        click.echo(json.dumps({"summary": {kind: outcomes[kind] for kind in kinds}}))
    return EXIT_NOT_ALL if outcomes["refused"] or outcomes["failed"] else 0


def _is_ledger(difference: Difference, names: QueueNames) -> bool:
    change = difference.change
    return isinstance(change, CreateStream) and change.spec.name == names.ledger_stream


def _guarded(work: Callable[[], int]) -> int:
    """Do it; say in words what kept it from being done, and return the exit code."""
    from worker.jetstream.errors import JetStreamError, RefusedError, UnreachableError

    try:
        return work()
    except (KeyboardInterrupt, click.Abort):
        _tell("cancelled: what was applied stays, run it again for the rest")
        return EXIT_CANCELLED
    except UnreachableError as error:
        _complain(f"{error}; --server or NATS_URL says where it is")
        return EXIT_NO_CONNECTION
    except RefusedError as error:
        _complain(str(error))
        return EXIT_NO_CONNECTION
    except JetStreamError as error:
        _complain(str(error))
        return EXIT_FAILED


def _run(settings: QueueSettings, work: Callable[[Api], Coroutine[Any, Any, T]]) -> T:
    """Connect, and return what `work` returns."""
    from worker.jetstream.connect.connection import connect

    async def connected() -> T:
        options = settings.connection("farutech-worker topology")
        async with connect(options, within=CONNECT_WITHIN) as connection:
            return await work(connection.api)

    return asyncio.run(connected())


def _show(plan: Sequence[Difference], *, as_json: bool) -> None:
    if as_json:
        for difference in plan:
            click.echo(_difference_json(difference))
        return
    if not plan:
        click.echo("Nothing differs from what is declared.")
        return
    rows = [(d.what, d.declared, d.actual, _applying(d)) for d in plan]
    width = shutil.get_terminal_size((PIPE_COLUMNS, 24)).columns
    click.echo(table(("WHAT", "DECLARED", "ACTUAL", "APPLYING"), rows, width))
    if any(_touches_what_is_there(difference) for difference in plan):
        click.echo("\n" + textwrap.fill(OTHERS, width))


def _applying(difference: Difference) -> str:
    words = IN_WORDS[difference.verdict]
    if difference.verdict == "refused":
        return f"{words}: {difference.reason}"
    return f"{words}: {difference.effect}"


def _touches_what_is_there(difference: Difference) -> bool:
    return difference.change is not None and not isinstance(
        difference.change, CreateStream | CreateConsumer
    )


def _difference_json(difference: Difference) -> str:
    keys = ("what", "declared", "actual", "effect", "verdict", "reason")
    return json.dumps({key: getattr(difference, key) for key in keys})


def _outcome_json(applied: Applied) -> str:
    said = {"what": applied.difference.what, "outcome": applied.outcome, "detail": applied.detail}
    return json.dumps(said)


def _outcome_line(applied: Applied) -> str:
    detail = f": {literal(applied.detail)}" if applied.detail else ""
    return f"{applied.outcome:8} {literal(applied.difference.what)}{detail}"


async def _agreed(count: int) -> bool:
    changes = "this change" if count == 1 else f"these {count} changes"
    return await confirmed(f"\nApply {changes}?", asyncio.Event())


def _tell(words: str) -> None:
    click.echo(words, err=True)


def _complain(words: str) -> None:
    click.echo(f"farutech-worker topology: {literal(words)}", err=True)
