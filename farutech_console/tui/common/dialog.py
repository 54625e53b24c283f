"""What dialogs have in common: a box in the middle, Esc for back, two buttons at its foot."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from rich.console import RenderableType
from rich.segment import Segment
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen

from farutech_console.tui.common.frame import Frame

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.color import Color

T = TypeVar("T")


HEADER = 1
"""Lines of the room that stay as they are: which system this is has to be seen before it acts."""


class Beneath(BackgroundScreen):
    """The screen beneath a dialog, dimmed but for its header."""

    @classmethod
    def process_segments(cls, segments: Iterable[Segment], color: Color) -> Iterable[Segment]:
        """Tint them, from the line on that is under the header."""
        for y, segments_of_line in enumerate(Segment.split_lines(segments)):
            tint = color if y >= HEADER else color.with_alpha(0)
            yield from super().process_segments(segments_of_line, tint)
            yield Segment.line()


class Modal(ModalScreen[T]):
    """A screen over the room that is closed once.

    Keys that were typed ahead may ask for it again: what is beneath it is not theirs to close.
    """

    def render(self) -> RenderableType:
        """Draw what is beneath.

        Textual 8.2.8 names it to the first who draws: where a layout has come between, nothing
        stands behind the dialog until something changes there.
        """
        stack = self.app.screen_stack
        place = stack.index(self) if self in stack else 0
        dimmed = self.styles.background
        return Beneath(stack[place - 1], dimmed) if place and dimmed.a < 1 else super().render()

    def on_resize(self) -> None:
        """Keep what has the focus in view."""
        self.call_after_refresh(self._show_focused)

    def _show_focused(self) -> None:
        if self.focused is not None:
            self.focused.scroll_visible(animate=False)

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close it and give the result back, if it is the one that is looked at."""
        return super().dismiss(result) if self.is_active else AwaitComplete()


class Dialog(Modal[T | None]):
    """A box over the room. Its content is one `Vertical`; buttons stand in a `Horizontal`.

    Where the terminal is too small for the box, it scrolls.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "back", show=False),
        Binding("pageup", "page(-1)", "what is above", show=False),
        Binding("pagedown", "page(1)", "what is below", show=False),
        Binding("left,h", "app.focus_previous", "the button before", show=False),
        Binding("right,l", "app.focus_next", "the next button", show=False),
    ]
    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > Vertical {
        width: 78; max-width: 100%; height: auto; max-height: 100%;
        border: round $tone-accent; background: $surface; padding: 1 2;
        overflow-y: auto; scrollbar-size-vertical: 1;
    }
    Dialog Input { background: $panel; }
    Dialog Horizontal { height: 1; align-horizontal: right; margin-top: 1; }
    Dialog Button { margin-left: 2; min-width: 12; }
    """

    def action_page(self, by: int) -> None:
        """Scroll the box by so many of its pages."""
        box = self.query_one(Frame)
        box.scroll_relative(y=by * box.scrollable_content_region.height, animate=False)

    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)
