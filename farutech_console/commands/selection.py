"""The flags that say which dead letters, alike for every command that takes some."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

from farutech_console.operations.filter.help import help_lines
from farutech_console.operations.filter.model import Filter, FilterError
from farutech_console.operations.filter.parser import parse_filter
from farutech_console.operations.filter.suggest import suggest
from farutech_console.operations.letters.selection import Selection
from worker.model.cells import width_of
from worker.model.text import literal

Command = Callable[..., Any]


def selection_flags(*, required: bool) -> Callable[[Command], Command]:
    """Give a command `[FILTER] --all --seq N --limit N --oldest`, handed over as `selection`.

    With `required` nothing said is an error; else it means all letters.
    """

    def add(command: Command) -> Command:
        @functools.wraps(command)
        def with_selection(
            *,
            words: tuple[str, ...],
            everything: bool,
            sequences: tuple[int, ...],
            limit: int | None,
            oldest: bool,
            **others: Any,
        ) -> Any:
            chosen = read_filter(" ".join(words))
            if everything and sequences:
                raise click.UsageError("say which letters: --all and --seq exclude each other")
            if required and not (chosen or everything or sequences):
                raise click.UsageError("say which letters: a FILTER, --all, or --seq N")
            selection = Selection(
                filter=chosen,
                sequences=tuple(sorted(set(sequences))),
                limit=limit,
                order="oldest" if oldest else "newest",
            )
            return command(selection=selection, **others)

        wrapped: Command = with_selection
        for flag in _FLAGS:
            wrapped = flag(wrapped)
        return wrapped

    return add


def _complete(_context: click.Context, _flag: click.Parameter, word: str) -> list[CompletionItem]:
    """Complete one word of a filter in the shell."""
    offered = suggest(word, len(word))
    return [CompletionItem(word[: one.start] + one.text, help=one.help) for one in offered]


def _tell_language(context: click.Context, _flag: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's
    if asked:
        click.echo("\n".join(help_lines()))
        context.exit()


_FLAGS = (
    click.option(
        "--help-filter",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_tell_language,
        help="Show what a FILTER may say.",
    ),
    click.option("--oldest", is_flag=True, help="Begin with the oldest, not with the newest."),
    click.option("--limit", type=click.IntRange(min=0), help="At most this many, 0 for all."),
    click.option(
        "--seq",
        "sequences",
        type=click.IntRange(min=1),
        multiple=True,
        help="This one; repeatable.",
    ),
    click.option("--all", "everything", is_flag=True, help="All letters that lie there now."),
    click.argument("words", metavar="[FILTER]", nargs=-1, shell_complete=_complete),
)


def read_filter(text: str) -> Filter:
    """Return the filter in `text`.

    Raises:
        click.UsageError: it is none; the message points at the place.
    """
    try:
        return parse_filter(text)
    except FilterError as error:
        before = width_of(literal(text[: error.column - 1]))
        raise click.UsageError(
            f"column {error.column} of the filter: {literal(error.message)}\n"
            f"  {literal(text)}\n  {' ' * before}^"
        ) from error
