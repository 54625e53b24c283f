"""Exporting letters: where to, in which form, how far it is; a file there is never lost unasked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, get_args

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input

from farutech_console.language import msg, tr
from farutech_console.operations.files.export_file import FileThereError
from farutech_console.operations.files.transfer import Format
from farutech_console.operations.letters.how_far import HowFar
from farutech_console.operations.units import count
from farutech_console.tui.common.dialog import Dialog
from farutech_console.tui.common.failures import expected, in_words
from farutech_console.tui.common.field import Field
from farutech_console.tui.common.frame import Frame
from farutech_console.tui.common.howfar import reading_lines
from farutech_console.tui.common.spans import Span, Tone, line
from farutech_console.tui.common.words import Words
from worker.model.text import literal

if TYPE_CHECKING:
    from textual.worker import Worker

    from farutech_console.operations.letters.selection import Selection
    from farutech_console.tui.common.room import Desk

FORMS: dict[Format, str] = {
    "jsonl": msg("JSON Lines: every byte, can be imported again"),
    "csv": msg("CSV: for people and spreadsheets"),
}
SHOW_EVERY_S = 0.2


class Export(Dialog[str]):
    """Asks for a file, and writes the letters of a selection to it. Returns what was done.

    `what` says in words which letters they are.
    """

    AUTO_FOCUS = "#file"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,down", "app.focus_next", "the next field", show=False),
        Binding("shift+tab,up", "app.focus_previous", "the field before", show=False),
        Binding("ctrl+t", "form", "the other form", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Export Words { height: auto; }
    Export #form { margin: 1 0; height: auto; }
    Export #over { display: none; }
    Export.-there #over { display: block; }
    """

    def __init__(self, desk: Desk, selection: Selection, what: str) -> None:
        super().__init__()
        self._backend, self._clock = desk.backend, desk.clock
        self._selection, self._what = selection, what
        self._form: Format = "jsonl"
        self._far: HowFar | None = None
        self._writing: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """What, where to, how; and two buttons."""
        with Frame(tr("Export dead letters")) as box:
            box.border_subtitle = tr("ctrl+t JSON Lines or CSV · esc back")
            yield Words(id="what")
            yield Words(id="form")
            yield Field(self._file_name(), compact=True, id="file")
            yield Words(id="told")
            with Horizontal():
                yield Button(tr("Cancel"), id="cancel", compact=True)
                yield Button(tr("Write over it"), id="over", compact=True, variant="error")
                yield Button(tr("Export"), id="go", compact=True, variant="primary")

    def on_mount(self) -> None:
        """Say what is exported."""
        self.query_one("#what", Words).show([line(Span(tr("letters  "), "muted"), self._what)])
        self._show_form()
        self.set_interval(SHOW_EVERY_S, self._show_progress)

    def _file_name(self) -> str:
        return f"dead-letters-{self._clock.now():%Y%m%d-%H%M%S}.{self._form}"

    def _show_form(self) -> None:
        lines = [
            line(
                Span("● " if form == self._form else "○ ", "accent"),
                Span(tr(told), "strong" if form == self._form else "muted"),
            )
            for form, told in FORMS.items()
        ]
        self.query_one("#form", Words).show(lines)

    def action_form(self) -> None:
        """Take the other form; the file's name follows where it ends as the form does."""
        forms = get_args(Format)
        field, before = self.query_one("#file", Input), self._form
        self._form = forms[(forms.index(before) + 1) % len(forms)]
        if field.value.endswith(f".{before}"):
            field.value = f"{field.value.removesuffix(before)}{self._form}"
        self._show_form()

    @on(Input.Changed)
    def _renamed(self) -> None:
        self.remove_class("-there")
        self._tell("")

    @on(Input.Submitted)
    @on(Button.Pressed, "#go")
    def _go(self) -> None:
        self._write(replace=False)

    @on(Button.Pressed, "#over")
    def _over(self) -> None:
        self._write(replace=True)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Stop the writing; the file is not there then."""
        if self._writing is not None:
            self._writing.cancel()
        self.dismiss(None)

    def _write(self, *, replace: bool) -> None:
        name = self.query_one("#file", Input).value.strip()
        if self._writing is not None:
            return
        if not name:
            self._tell(tr("▲ the file needs a name"), "warn")
            return
        self._far = HowFar(self._clock)
        self._writing = self._export(Path(name).expanduser().absolute(), self._far, replace=replace)

    @work(exclusive=True, group="export", exit_on_error=False)
    async def _export(self, target: Path, far: HowFar, *, replace: bool) -> None:
        self.query_one("#go", Button).disabled = True
        try:
            written = await self._backend.export(
                self._selection, self._form, target, replace=replace, progress=far.tell
            )
        except FileThereError as error:
            self.add_class("-there")
            advice = tr("another name, or «Write over it»")
            self._tell(f"▲ {literal(in_words(error))}: {advice}", "warn")
        except expected() as error:
            self._tell(f"✖ {literal(in_words(error))}", "bad")
        else:
            place = literal(str(target), 300)
            self.dismiss(tr("{n} exported to {place}", n=count(written), place=place))
        finally:
            self._writing = self._far = None
            if self.is_mounted:
                self.query_one("#go", Button).disabled = False

    def _show_progress(self) -> None:
        if self._far is not None:
            self.query_one("#told", Words).show(reading_lines(self._far))

    def _tell(self, text: str, tone: Tone = "plain") -> None:
        self.query_one("#told", Words).show([line(Span(text, tone))] if text else [])
