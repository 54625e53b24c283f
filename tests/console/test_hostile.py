"""Whatever a message holds is shown literally, at once, and breaks nothing."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from textual.pilot import Pilot

from farutech_console.operations.model import LinkState, TaskEvent
from farutech_console.tui.common.spans import text_of
from farutech_console.tui.common.textview import TextView
from tests.console.driving import console, eventually, screen_text, sees
from tests.console.fixed import FixedBackend
from tests.console.fixed_letters import letter
from tests.console.fixed_queue import some_status
from tests.console.moment import NOW, ago
from worker.model.dead_letter import StoredDeadLetter, encode_raw
from worker.model.state import ServerState

LONG = 1 << 16
"""Bytes of a text that a letter, which has it some fifteen times, could still be sent with."""
TEXTS = {
    "closing tag": "[/red]",
    "unknown tag": "[/topic] [bold",
    "link": "[@click=app.quit]x[/]",
    "variable": "[$error]x[/] $tone-bad",
    "ansi": "\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b[2J",
    "c1": "\x9b31m\x90q\x9c",
    "nul": "a\x00b",
    "newlines": "one\ntwo\r\nthree\tfour\x0b\x0c\x85",
    "surrogate": "\ud800 lone",
    "bidi": "\u202eabc\u2066\u200f",
    "zalgo": "e" + "\u0301" * 500,
    "wide": "部署" * 200,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈",
    "long": "x" * LONG,
    "long wide": "部" * (LONG // 3),
    "percent": "%s %(name)s {0} {name}",
}


def hostile(text: str) -> dict[str, Any]:
    return {
        "task": {
            "task_id": text,
            "tenant_id": text,
            "task_type": text,
            "module_id": text,
            "payload": {text: text, "nested": [text, {"deep": text}]},
            "attempt": 5,
            "max_retries": 5,
            "created_at": text,
            "extra " + text: text,
        },
        "error": text,
        "final_attempt": 5,
        "dlq_timestamp": text,
        "worker_id": text,
        "error_type": text,
        "traceback": text,
        "source": {"stream": text, "sequence": 3, "subject": text},
    }


BODIES: dict[str, object] = {
    **{name: hostile(text) for name, text in TEXTS.items()},
    "no keys": {},
    "not an object": [1, 2],
    "null task": {"task": None},
    "null payload": {"task": {"payload": None}, "error": ""},
    "zero time": {
        "task": {"created_at": "0001-01-01T00:00:00Z"},
        "dlq_timestamp": "0001-01-01T00:00:00Z",
    },
    "deep": json.dumps({"task": {"payload": {}}}).encode()[:-3]
    + b'{"a":' * 90
    + b"1"
    + b"}" * 90
    + b"}}}",
    "not utf-8": b"\xff\xfe\x00\x01" * 64,
    "megabyte not utf-8": b"\xff" * (1 << 20),
    "empty": b"",
    "broken json": b'{"task": {"task_id": "[/red]"',
    "raw": {"task": {}, "error": "not JSON", "raw": encode_raw(b"\x00[/red]\xff\x1b[2J" * 40)},
    "raw text": {"task": {}, "error": "not JSON", "raw": encode_raw(b"[/red] plain \x1b[2J text")},
    "raw that is not base64": {"task": {}, "raw": "%%%"},
    "huge numbers": {
        "task": {"payload": {"n": 10**300}, "max_retries": 2**31 - 1},
        "final_attempt": 10**18,
    },
}


def stored(sequence: int, name: str) -> StoredDeadLetter:
    text = TEXTS.get(name, "plain")
    return letter(sequence, BODIES[name], headers={text or "h": text}, subject="provisioning.dlq")


def assert_clean(text: str) -> None:
    """Nothing on the screen steers a terminal or hides."""
    for character in text:
        code = ord(character)
        assert character == "\n" or code >= 0x20
        assert not 0x7F <= code < 0xA0
        assert not 0xD800 <= code < 0xE000
        assert not 0x202A <= code <= 0x202E
        assert not 0x2066 <= code <= 0x2069
    text.encode()


async def opens(pilot: Pilot[None], sequence: int) -> None:
    """Wait until this letter is open, and drawn."""
    view = pilot.app.screen.query_one("#letter", TextView)
    where = f"seq {sequence} · provisioning.dlq"
    await eventually(pilot, lambda: any(where in text_of(line) for line in view.lines), where)
    await sees(pilot, f"Letter {sequence} ")


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_all_letters_in_one_table_each_opened(size: tuple[int, int]) -> None:
    letters = [stored(1000 - index, name) for index, name in enumerate(BODIES)]
    async with console(FixedBackend(letters=letters), room="3", size=size) as pilot:
        await sees(pilot, "1000")
        assert "[/red]" in screen_text(pilot)
        await pilot.press("enter")
        for sequence in range(1000, 1000 - len(BODIES), -1):
            await opens(pilot, sequence)
            assert_clean(screen_text(pilot))
            await pilot.press("end", "escape", "j", "enter")


@pytest.mark.parametrize("name", list(BODIES))
async def test_a_plan_for_a_hostile_letter(name: str) -> None:
    backend = FixedBackend(letters=[stored(7, name)])
    async with console(backend, room="3") as pilot:
        await sees(pilot, "Dead letters · 1")
        await pilot.press("r")
        await sees(pilot, "Replay 1 dead letter")
        assert_clean(screen_text(pilot))
        await pilot.press("right", "enter")
        await sees(pilot, "● 1 replayed")
        await pilot.press("o")
        await sees(pilot, "● replayed         7")
        assert_clean(screen_text(pilot))


async def test_hostile_events() -> None:
    events = [
        TaskEvent(NOW, "retrying", 5, 1, text, text, text, 20.0, text) for text in TEXTS.values()
    ]
    async with console(FixedBackend(events=events), room="2", size=(160, 48)) as pilot:
        await sees(pilot, "[@click=app.quit]x[/]")
        await sees(pilot, r"a\x00b")
        assert_clean(screen_text(pilot))


@pytest.mark.parametrize("text", [text for text in TEXTS.values() if len(text) < 10_000])
async def test_hostile_errors_and_names(text: str) -> None:
    status = some_status(
        server=ServerState(name=text, version=text, api_level=5, max_payload=1, cluster=text)
    )
    link = LinkState(False, ago(5), text, text, 3)
    backend = FixedBackend(status_now=status)
    async with console(backend, size=(160, 48)) as pilot:
        await sees(pilot, "live 1 s ago")
        assert_clean(screen_text(pilot))
        backend.link_now = link
        await sees(pilot, "server gone")
        assert_clean(screen_text(pilot))
    async with console(FixedBackend(link_now=link)) as pilot:
        await sees(pilot, "No NATS server answers")
        assert_clean(screen_text(pilot))


async def test_a_megabyte_is_shown_quickly() -> None:
    letters = [letter(9, hostile("x" * (1 << 18))), letter(8, hostile("部" * (1 << 17)))]
    async with console(FixedBackend(letters=letters), room="3") as pilot:
        await sees(pilot, "Dead letters · 2")
        began = time.process_time()
        await pilot.press("enter")
        await opens(pilot, 9)
        await pilot.press("escape", "j", "enter")
        await opens(pilot, 8)
        assert time.process_time() - began < 4.0
