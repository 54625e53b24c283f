"""The served console in a real Chromium: it draws, takes keys, and loads nothing from elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyte
import pytest
from playwright.async_api import Page, WebSocket, async_playwright

from tests.support.nats_server import NatsServer
from tests.support.waiting import eventually
from tests.web.conftest import Serve

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
COLUMNS, ROWS = 100, 30

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]


class Drawn:
    """What the console drew in the browser, read by a terminal emulator beside the page's."""

    def __init__(self, page: Page) -> None:
        self._screen = pyte.Screen(COLUMNS * 2, ROWS * 2)
        self._stream = pyte.ByteStream(self._screen)
        self.ended = False
        page.on("websocket", self._follow)

    def _follow(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._draw)
        socket.on("close", self._end)

    def _end(self, _socket: WebSocket) -> None:
        self.ended = True

    def _draw(self, payload: bytes | str) -> None:
        if isinstance(payload, bytes):
            self._stream.feed(payload.replace(b"\x1b[>", b"\x1b[?"))

    async def comes_to(self, expected: Callable[[str], bool]) -> None:
        def shown() -> str:
            return "\n".join(line.rstrip() for line in self._screen.display)

        try:
            await eventually(lambda: expected(shown()), 30)
        except AssertionError as error:
            error.add_note(f"the screen is\n{shown()}")
            raise


async def test_it_draws_takes_keys_and_loads_nothing_from_elsewhere(
    serve: Serve, nats_server: NatsServer, tmp_path: Path
) -> None:
    context = tmp_path / "nats" / "context" / "ana.json"
    context.parent.mkdir(parents=True)
    context.write_text("{}")
    (tmp_path / "nats" / "context.txt").write_text("ana")
    served = serve(nats_server.url, {"XDG_CONFIG_HOME": str(tmp_path)})
    requested: list[str] = []
    async with async_playwright() as playwright:
        # The sandbox needs a user other than root; what is opened here is our own page.
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        drawn = Drawn(page)
        page.on("request", lambda request: requested.append(request.url))
        await page.goto(served.address)
        await page.wait_for_selector("body.-first-byte .xterm-screen")
        await drawn.comes_to(lambda text: "there is no stream PROVISIONING" in text)
        await drawn.comes_to(lambda text: "Overview" in text)
        await page.keyboard.press("?")
        await drawn.comes_to(lambda text: "Keys" in text)
        await page.keyboard.press("Escape")
        await drawn.comes_to(lambda text: "Keys" not in text)
        await page.keyboard.press("q")
        await eventually(lambda: drawn.ended, 30)
        await page.wait_for_selector(".ended", state="visible")
        last = page.locator(".textual-terminal")
        assert await last.evaluate("seen => getComputedStyle(seen).opacity") == "0.25"
        context.write_text("no JSON any more")
        await page.click(".ended a")
        await page.wait_for_selector(".why >> text=is not JSON")
        await browser.close()
    assert requested
    assert not [url for url in requested if not url.startswith(served.address)]
