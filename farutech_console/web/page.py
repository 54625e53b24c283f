"""The page and the files it loads: all of them from here."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template
from typing import NamedTuple

from farutech_console.language import current, tr

_OURS = files("farutech_console.web") / "assets"
_THEIRS = files("textual_serve") / "static"


class Asset(NamedTuple):
    """A file of the page: where it is, and its media type."""

    path: Traversable
    media_type: str


ASSETS = {
    "textual.js": Asset(_THEIRS / "js" / "textual.js", "text/javascript"),
    "page.js": Asset(_OURS / "page.js", "text/javascript"),
    "xterm.css": Asset(_THEIRS / "css" / "xterm.css", "text/css"),
    "page.css": Asset(_OURS / "page.css", "text/css"),
    "roboto-mono.ttf": Asset(_THEIRS / "fonts" / "RobotoMono-VariableFont_wght.ttf", "font/ttf"),
    "roboto-mono-italic.ttf": Asset(
        _THEIRS / "fonts" / "RobotoMono-Italic-VariableFont_wght.ttf", "font/ttf"
    ),
}
"""Every file that is served, by its name in the address."""


def page(title: str, base: str, socket: str, font_size: int) -> str:
    """Return the page, in the operator's language.

    Args:
        title: What the browser's tab says.
        base: The path before every address, with the token, without a slash at its end.
        socket: The full address of the web socket.
        font_size: In CSS pixels.
    """
    template = Template((_OURS / "page.html").read_text("utf-8"))
    return template.substitute(
        language=current(),
        title=escape(title),
        base=escape(base),
        socket=escape(socket),
        font_size=font_size,
        opening=escape(tr("Opening the console…")),
        ended=escape(tr("The session has ended.")),
        again=escape(tr("Open a new one")),
    )
