"""The box of a dialog, with its title in the frame."""

from __future__ import annotations

from textual.containers import Vertical
from textual.content import Content


class Frame(Vertical):
    """A box with a title, which is shown as it stands. `title` is its bare text."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        # A bare string would be read as markup.
        self.border_title = Content(title)
