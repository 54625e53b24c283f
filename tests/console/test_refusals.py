"""What stands there when a server, or what is before it, does not let the console in."""

from __future__ import annotations

from pathlib import Path

from farutech_console.operations.live.backend import LiveBackend
from farutech_console.tui.common.live import Live
from farutech_console.tui.common.spans import text_of
from farutech_console.tui.common.waiting import waiting_lines
from tests.conftest import StartNats
from tests.console.driving import does_not_see, live_console, sees
from tests.support.identities import new_certificates
from tests.support.queues import NAMES
from tests.support.waiting import eventually
from worker.model.clock import SystemClock
from worker.model.link import ConnectionOptions, Credentials

ALONE = "cluster { name: C, listen: 127.0.0.1:-1, routes: [nats://127.0.0.1:1] }"
"""A server of a cluster of which no other is up: JetStream has no leader."""


async def test_a_cluster_without_a_leader_is_not_told_to_lack_the_stream(
    start_nats: StartNats,
) -> None:
    server = start_nats(config=ALONE)
    async with live_console(server) as pilot:
        await sees(pilot, "The cluster answers, and has no leader for JetStream")
        await sees(pilot, "more than half of them must run")
        await does_not_see(pilot, "topology apply")


async def _told(options: ConnectionOptions) -> str:
    """What an operator reads once the first try has failed."""
    async with LiveBackend(options, NAMES) as backend:
        await eventually(lambda: backend.link().refused, within=20)
        lines = waiting_lines(Live(backend.link()), SystemClock().now(), NAMES, "")
    return "\n".join(map(text_of, lines))


async def test_a_server_without_tls_and_one_we_do_not_trust(
    start_nats: StartNats, tmp_path: Path
) -> None:
    plain = start_nats("plain").url.replace("nats://", "tls://")
    told = await _told(ConnectionOptions(servers=(plain,)))
    assert "No TLS with the server" in told
    assert "offers none" in told
    files = new_certificates(tmp_path)
    server = start_nats("tls", config=files.server_config(verify=False))
    told = await _told(ConnectionOptions(servers=(server.url.replace("nats://", "tls://"),)))
    assert "No TLS with the server" in told
    assert "--tls-ca FILE" in told


async def test_a_file_of_ours_that_is_not_there() -> None:
    told = await _told(ConnectionOptions(credentials=Credentials(creds="/nowhere/ops.creds")))
    assert "No server was asked" in told
    assert "/nowhere/ops.creds" in told
