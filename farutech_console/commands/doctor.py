"""`farutech-console doctor`: what is wrong or will be, and what to do about it."""

from __future__ import annotations

import asyncio
import shutil
import sys
import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from farutech_console.commands import output
from farutech_console.commands.output import json_flag
from farutech_console.commands.session import EXIT_DONE, EXIT_FAILED, run
from farutech_console.operations.units import plural
from farutech_console.settings import ConsoleSettings
from worker.flags import settings_flags
from worker.model.text import literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from farutech_console.operations.doctor.model import Finding
    from farutech_console.operations.live.backend import LiveBackend

PIPE_COLUMNS = 100


@click.command()
@json_flag
@click.option("--strict", is_flag=True, help="Warnings count as problems for the exit code.")
@settings_flags(ConsoleSettings)
def doctor(*, as_json: bool, strict: bool, **given: Any) -> None:
    """Examine server, streams, consumer, workers and dead letters; say what to do.

    Changes nothing. With --json a line for each finding. Its keys: see docs/commands.md.

    \b
    Exit codes:
      0  no problem (there may be warnings and notes)
      1  a problem was found, with --strict a warning too; or the server failed
      2  wrong usage
      3  no connection, or no JetStream
    """  # noqa: D301 - click's mark

    async def work(backend: LiveBackend, _stop: asyncio.Event) -> int:
        from farutech_console.operations.doctor.checks import CHECKS, judge
        from farutech_console.operations.doctor.examine import examine

        seen = await examine(backend.queue())
        findings = judge(seen)
        if as_json:
            for finding in findings:
                output.json_line(finding.record())
        else:
            for line in doctor_lines(findings, len(CHECKS), _columns()):
                click.echo(line)
        grave = {"problem", "warning"} if strict else {"problem"}
        return EXIT_FAILED if any(x.severity in grave for x in findings) else EXIT_DONE

    run(given, work)


def doctor_lines(findings: Sequence[Finding], checks: int, width: int) -> Iterator[str]:
    """Yield the findings for people, the gravest first, and a summary."""
    for finding in findings:
        yield f"{finding.severity.upper():<8} {literal(finding.title)}"
        for label, text in (
            ("means", finding.meaning),
            ("do", finding.action),
            ("run", finding.command),
            ("source", finding.source),
        ):
            if text:
                yield from textwrap.wrap(
                    literal(text),
                    width,
                    initial_indent=f"    {label:<7} ",
                    subsequent_indent=" " * 12,
                    break_long_words=False,
                    break_on_hyphens=False,
                )
        yield ""
    counts = Counter(finding.severity for finding in findings)
    told = [plural(counts[x], x) for x in ("problem", "warning", "note") if counts[x]]
    yield f"{checks} checks: {', '.join(told) or 'nothing found'}."


def _columns() -> int:
    return (
        shutil.get_terminal_size((PIPE_COLUMNS, 24)).columns
        if sys.stdout.isatty()
        else PIPE_COLUMNS
    )
