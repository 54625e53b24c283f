"""What stands on a room while there is nothing to show: what was tried, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from farutech_console.language import tr, trn
from farutech_console.language.library import retold
from farutech_console.operations.units import age, duration
from farutech_console.tui.common.header import BEGINNING
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.spans import Line, Span, line
from worker.model.cells import fit, width_of
from worker.model.text import literal

if TYPE_CHECKING:
    from datetime import datetime

    from worker.model.names import QueueNames

NO_TLS = ("no TLS", "TLS was asked for")
"""How the words begin in which the worker's library tells that TLS does not come about."""

Step = tuple[str, str]
"""What an operator can do, and how."""


def waiting_lines(live: Live, now: datetime, names: QueueNames, doctor: str) -> list[Line]:
    """Return why there is no data, what was tried, and what an operator can do about it.

    `doctor` is the command that tells what is amiss with this server.
    """
    if live.link.connected:
        return _no_answer(live, names, doctor)
    link = live.link
    if not link.attempts and link.detail in BEGINNING:
        where = f" {literal(link.server)}" if link.server else ""
        return [line(Span("◌ " + tr("Connecting"), "strong"), f"{where}…")]
    return _refused(live, now) if link.refused else _no_server(live, now)


def _no_server(live: Live, now: datetime) -> list[Line]:
    server = literal(live.link.server)
    where = tr(" at {server}", server=server) if server else ""
    return [
        line(Span("✖ " + tr("No NATS server answers{where}", where=where), "bad")),
        _tried(live, now),
        *_what_to_do(
            (tr("start it:"), "nats-server -js"),
            (tr("or name another:"), "farutech-console --server nats://HOST:4222"),
            ("", tr("(or set NATS_URL)")),
            (tr("or see it run here:"), "farutech-console demo"),
        ),
        _goes_on(tr("The console goes on trying and connects by itself when one comes up.")),
    ]


def _refused(live: Live, now: datetime) -> list[Line]:
    title, first = _refusal(literal(live.link.server), live.link.detail)
    return [
        line(Span(f"✖ {title}", "bad")),
        _tried(live, now),
        *_what_to_do(
            *first,
            (tr("or use a context:"), tr("--context NAME, as the nats command has them")),
            (tr("or name another:"), "farutech-console --server nats://HOST:4222"),
        ),
        _goes_on(tr("The console tries again every few seconds.")),
    ]


def _refusal(server: str, why: str) -> tuple[str, Sequence[Step]]:
    """Return what did not let us in, and what to do about that first."""
    who = "--user and --password, --token, --creds, --nkey"
    if not server:
        title = tr("No server was asked: what says who we are is of no use")
        return title, ((tr("name what is:"), f"{who}, --tls-cert, --tls-key"),)
    if why.startswith(NO_TLS):
        title = tr("No TLS with the server {where}", where=server)
        trust = (tr("say whom to trust:"), "--tls-ca FILE")
        return title, (trust, (tr("and who we are:"), "--tls-cert FILE --tls-key FILE"))
    title = tr("The server {where} does not let us in", where=server)
    return title, ((tr("say who you are:"), who),)


def _tried(live: Live, now: datetime) -> Line:
    link = live.link
    span = duration(age(link.since, now))
    tried = trn("Tried {n} time in {age}", "Tried {n} times in {age}", link.attempts, age=span)
    return line(f"{tried}: {literal(retold(link.detail))}" if link.detail else tried)


def _no_answer(live: Live, names: QueueNames, doctor: str) -> list[Line]:
    if not live.failure:
        what = tr(": asking for the stream and the consumer…")
        return [line(Span("◌ " + tr("Connected"), "strong"), what)]
    title, steps = _answered(live, literal(names.stream), literal(doctor))
    return [
        line(Span(f"▲ {title}", "warn")),
        line(literal(live.failure)),
        *_what_to_do(*steps),
        _goes_on(tr("The console asks again every second.")),
    ]


def _answered(live: Live, stream: str, doctor: str) -> tuple[str, Sequence[Step]]:
    """Return what is wrong with a server that answers, and what to do about it."""
    if live.trouble == "no_jetstream":
        title = tr("The server answers, and has no JetStream for us")
        on = (tr("switch it on:"), "nats-server -js")
        account = (tr("or for our account:"), tr("jetstream: enabled, in its configuration"))
        other = (tr("or name another:"), "farutech-console --server nats://HOST:4222")
        return title, (on, account, other)
    if live.trouble == "not_allowed":
        title = tr("Our user may not look at {stream}", stream=stream)
        allow = (tr("have it allowed:"), tr("in the server's configuration of our user"))
        all_of_it = (tr("see all it lacks:"), doctor)
        works = (tr("what works still:"), tr("2 live events, 4 workers, as far as allowed"))
        return title, (allow, all_of_it, works)
    title = tr("The server answers, but not for {stream}", stream=stream)
    find_out = (tr("see what is wrong:"), "farutech-console doctor")
    if live.trouble == "no_leader":
        title = tr("The cluster answers, and has no leader for JetStream")
        up = (tr("bring its servers up:"), tr("more than half of them must run"))
        return title, (up, find_out)
    if live.trouble != "no_stream":
        return title, (find_out,)
    create = (tr("create what is missing:"), "farutech-worker topology apply")
    harmless = ("", tr("(it shows what it would do, and asks)"))
    watch = (tr("or watch another stream:"), "farutech-console --stream NAME --prefix PREFIX")
    return title, (create, harmless, watch)


def _what_to_do(*steps: Step) -> list[Line]:
    column = max(width_of(what) for what, _ in steps) + 1
    told = [line(f"  {fit(what, column)}", Span(how, "accent")) for what, how in steps]
    return [(), line(Span(tr("What to do"), "strong")), *told, ()]


def _goes_on(text: str) -> Line:
    return line(Span(text, "muted"))


def no_connection(live: Live, so: str, now: datetime) -> list[Line]:
    """Return what follows from there being no connection, what was tried, and what to do."""
    if not live.link.attempts and live.link.detail in BEGINNING:
        return [line(Span("◌ " + tr("Connecting"), "strong"), "…")]
    what = _refused(live, now) if live.link.refused else _no_server(live, now)
    return [line(Span(f"✖ {so}", "bad")), *what]
