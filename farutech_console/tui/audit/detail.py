"""One change in full. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from farutech_console.language import msg, tr
from farutech_console.operations.actions import ACTIONS
from farutech_console.operations.units import age, count, duration, full_time
from farutech_console.tui.audit.rows import NONE, state_of
from farutech_console.tui.common.outcomes import OUTCOME_WORDS
from farutech_console.tui.common.spans import Line, Span, Tone, line
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from farutech_console.operations.audit.log import AuditEntry, FinishedBy


_DETAILS: Mapping[str, str] = {
    "of": msg("of"),
    "file": msg("file"),
    "text": msg("text"),
    "until": msg("until"),
    "original": msg("original"),
    "task": msg("task"),
}
"""What the details of a change are called that this console writes."""


def detail_lines(entry: AuditEntry, now: datetime) -> list[Line]:
    """Return all there is to know of a change."""
    ended = full_time(entry.ended_at) if entry.ended_at else NONE
    action = next((each for name, each in ACTIONS.items() if name == entry.action), None)
    lines = [
        line(state_of(entry, now), Span(f"  {literal(entry.action)}", "strong")),
        _labelled(tr("who"), literal(entry.by)),
        _labelled(tr("from"), _from(entry.seen_from)),
        _labelled(tr("began"), f"{full_time(entry.began_at)}, {_ago(entry.began_at, now)}"),
        *(_labelled(tr("ended"), _finished(one), "warn") for one in entry.finished),
        *([] if entry.state == "finished" else [_labelled(tr("ended"), ended)]),
        *_half_done(entry),
        _labelled(tr("why"), literal(entry.why) or NONE),
        _labelled(tr("about"), literal(entry.about) or NONE),
    ]
    if entry.count:
        cut = tr(" and more") if entry.sequences_cut else ""
        lines.append(
            _labelled(tr("letters"), f"{count(entry.count)}: {literal(entry.sequences)}{cut}")
        )
    if entry.command:
        lines.append(_labelled(tr("command"), literal(entry.command), "accent"))
    lines += [
        _labelled(_outcome(name), count(number), _tone_of(name))
        for name, number in entry.outcomes.items()
        if number
    ]
    if entry.error:
        lines.append(_labelled(tr("error"), literal(entry.error), "bad"))
    for failure in entry.failures:
        told = ", ".join(f"{key} {value}" for key, value in failure.items())
        lines.append(_labelled(tr("failure"), literal(told), "bad"))
    lines += [_labelled(_detail(key), literal(str(v))) for key, v in entry.details.items()]
    if action is not None:
        lines += [line(), line(Span(tr("It {does}.", does=tr(action.does)), "muted"))]
        if action.undone_by:
            told = tr(action.undone_by)
            back = (
                tr("There is no way back: {why}.", why=told)
                if action.impact == "irreversible"
                else tr("The way back: {how}", how=told)
            )
            lines.append(line(Span(back, "muted")))
    return [*lines, line(Span(f"id {literal(entry.id)}", "muted"))]


def _ago(then: datetime, now: datetime) -> str:
    return tr("{age} ago", age=duration(age(then, now)))


def _finished(one: FinishedBy) -> str:
    """Return who finished what the change had begun, when it was interrupted."""
    what = ", ".join(f"{count(number)} {_outcome(name)}" for name, number in one.outcomes.items())
    who, when = literal(one.by), full_time(one.at)
    return tr("interrupted, finished by {who} at {when}: {what}", who=who, when=when, what=what)


def _half_done(entry: AuditEntry) -> list[Line]:
    """Return what a change without an end has left for others to finish, where that is told."""
    if entry.half_done is None:
        return []
    if entry.half_done == 0:
        told = tr("nothing is half done: each letter is where it was, or done with")
        return [_labelled(tr("left"), told)]
    told = tr("{n} half done: the next start finishes what it can", n=count(entry.half_done))
    return [_labelled(tr("left"), told, "warn")]


def _from(seen: Mapping[str, object]) -> str:
    """Return the address, and which connection of which server it was, as far as that is told."""
    address, client, server = (str(seen.get(name, "")) for name in ("ip", "client", "server"))
    told = [address] if address else []
    if client and server:
        told.append(tr("connection {n} of {server}", n=client, server=server))
    return literal(", ".join(told)) or NONE


def _outcome(name: str) -> str:
    """Return what an outcome is called; one that is not known is called as it is."""
    return tr(OUTCOME_WORDS[name]) if name in OUTCOME_WORDS else literal(name, 10)


def _detail(name: str) -> str:
    """Return what a detail is called; one that is not known is called as it is."""
    return tr(_DETAILS[name]) if name in _DETAILS else literal(name, 10)


def _tone_of(outcome: str) -> Tone:
    tones: dict[str, Tone] = {"failed": "bad", "unknown": "warn"}
    return tones.get(outcome, "plain")


def _labelled(label: str, text: str, tone: Tone = "plain") -> Line:
    return line(Span(f"{label:<11}", "muted"), Span(text, tone))
