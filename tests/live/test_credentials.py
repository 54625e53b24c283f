"""Every way to say who we are, against a server that asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nkeys
import pytest
from nats.aio.transport import TcpTransport

from tests.conftest import StartNats
from tests.support.identities import new_certificates, new_key, new_operator
from tests.support.nats_server import NatsServer
from worker.jetstream.connect.connection import connect
from worker.jetstream.errors import NoJetStreamError, RefusedError
from worker.jetstream.info import server_state
from worker.jetstream.topology.layout import ensure
from worker.model.link import ConnectionOptions, Credentials, TlsFiles
from worker.model.names import QueueNames
from worker.settings import ConnectionSettings

SECONDS = 10.0

USERS = 'authorization { user: "me", password: "p@ss/word" }'
TOKEN = 'authorization { token: "s3cret" }'


async def _works(options: ConnectionOptions) -> None:
    async with connect(options, within=SECONDS) as connection:
        assert await ensure(connection.api, QueueNames())


def _options(
    server: NatsServer,
    credentials: Credentials | None = None,
    tls: TlsFiles | None = None,
) -> ConnectionOptions:
    scheme = "tls" if tls else "nats"
    return ConnectionOptions(
        servers=(f"{scheme}://127.0.0.1:{server.port}",),
        credentials=credentials or Credentials(),
        tls=tls or TlsFiles(),
    )


async def test_user_and_password(start_nats: StartNats) -> None:
    server = start_nats(config=USERS)
    await _works(_options(server, Credentials(user="me", password="p@ss/word")))


async def test_token(start_nats: StartNats) -> None:
    await _works(_options(start_nats(config=TOKEN), Credentials(token="s3cret")))


async def test_user_in_the_url(start_nats: StartNats) -> None:
    server = start_nats(config='authorization { user: "me", password: "pw" }')
    await _works(ConnectionOptions(servers=(f"nats://me:pw@127.0.0.1:{server.port}",)))


async def test_nkey(start_nats: StartNats, tmp_path: Path) -> None:
    key = new_key(nkeys.PREFIX_BYTE_USER)
    (tmp_path / "user.nk").write_text(key.seed)
    server = start_nats(config=f"authorization {{ users: [ {{ nkey: {key.public} }} ] }}")
    await _works(_options(server, Credentials(nkey=str(tmp_path / "user.nk"))))


async def test_creds_file(start_nats: StartNats, tmp_path: Path) -> None:
    operator = new_operator()
    (tmp_path / "user.creds").write_text(operator.creds)
    server = start_nats(config=operator.config)
    await _works(_options(server, Credentials(creds=str(tmp_path / "user.creds"))))


async def test_tls(start_nats: StartNats, tmp_path: Path) -> None:
    files = new_certificates(tmp_path)
    server = start_nats(config=files.server_config(verify=False))
    await _works(_options(server, tls=TlsFiles(ca=str(files.ca))))


@pytest.mark.parametrize("first", [False, True])
async def test_mutual_tls(start_nats: StartNats, tmp_path: Path, *, first: bool) -> None:
    files = new_certificates(tmp_path)
    server = start_nats(config=files.server_config(verify=True, first=first))
    tls = TlsFiles(str(files.ca), str(files.client_cert), str(files.client_key), first)
    await _works(_options(server, tls=tls))


async def test_jetstream_domain(start_nats: StartNats) -> None:
    server = start_nats(jetstream="domain: hub")
    settings = ConnectionSettings(server=server.url, js_domain="hub")
    async with connect(settings.connection("test"), within=SECONDS) as connection:
        assert (await server_state(connection.api)).domain == "hub"


async def test_api_and_inbox_prefix_of_an_imported_account(start_nats: StartNats) -> None:
    server = start_nats(
        config="""accounts {
          OWNER { jetstream: enabled, users: [ { user: owner, password: p } ],
                  exports: [ { service: "$JS.API.>" } ] }
          OPS { users: [ { user: ops, password: p, permissions: {
                  publish: "JS.owner.API.>", subscribe: "_INBOX_ops.>" } } ],
                imports: [ { service: { account: OWNER, subject: "$JS.API.>" },
                             to: "JS.owner.API.>" } ] } }"""
    )
    settings = ConnectionSettings(
        server=server.url,
        user="ops",
        password="p",
        js_api_prefix="JS.owner.API",
        inbox_prefix="_INBOX_ops",
    )
    async with connect(settings.connection("test"), within=SECONDS) as connection:
        assert (await server_state(connection.api)).version == server.version


@pytest.mark.parametrize("named", ["prod", ""], ids=["by its name", "selected"])
async def test_a_context_of_the_nats_cli(
    start_nats: StartNats, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    server = start_nats(config=USERS)
    folder = tmp_path / "nats" / "context"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prod.json").write_text(
        f'{{"url": "{server.url}", "user": "me", "password": "p@ss/word"}}'
    )
    (tmp_path / "nats" / "context.txt").write_text("other" if named else "prod")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("NATS_URL", raising=False)
    await _works(ConnectionSettings(context=named).connection("test"))


async def test_several_servers_of_which_one_lives(start_nats: StartNats) -> None:
    dead = start_nats("dead")
    dead.stop()
    alive = start_nats("alive")
    settings = ConnectionSettings(server=f"{dead.url}, {alive.url}")
    await _works(settings.connection("test"))


WRONG = {
    "a wrong password": (USERS, Credentials(user="me", password="no")),
    "no credentials": (USERS, Credentials()),
    "a wrong token": (TOKEN, Credentials(token="no")),
}


@pytest.mark.parametrize("case", WRONG)
async def test_wrong_credentials_end_with_a_clear_error(start_nats: StartNats, case: str) -> None:
    config, credentials = WRONG[case]
    server = start_nats(config=config)
    with pytest.raises(RefusedError, match=r"(?i)authorization|authentication"):
        await _works(_options(server, credentials))


async def test_a_server_of_another_authority_is_refused(
    start_nats: StartNats, tmp_path: Path
) -> None:
    files = new_certificates(tmp_path)
    server = start_nats(config=files.server_config(verify=False))
    (tmp_path / "other").mkdir()
    other = new_certificates(tmp_path / "other")
    with pytest.raises(RefusedError, match="certificate"):
        await _works(_options(server, tls=TlsFiles(ca=str(other.ca))))


async def test_no_jetstream_says_so(start_nats: StartNats) -> None:
    server = start_nats(jetstream=None)
    async with connect(_options(server), within=SECONDS) as connection:
        with pytest.raises(NoJetStreamError):
            await server_state(connection.api)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: Credentials(creds=path), "credentials file"),
        (lambda path: Credentials(nkey=path), "nkey seed file"),
    ],
)
async def test_a_missing_file_is_named(
    tmp_path: Path, make: Callable[[str], Credentials], words: str
) -> None:
    missing = str(tmp_path / "gone")
    with pytest.raises(RefusedError, match=rf"{words} .*gone: No such file"):
        await _works(ConnectionOptions(credentials=make(missing)))


@pytest.mark.parametrize("text", ["", "junk", "SUAJUNK", "é" * 60, "U" + "A" * 55])
@pytest.mark.parametrize("kind", ["creds", "nkey"])
async def test_a_file_without_a_seed_is_named(tmp_path: Path, kind: str, text: str) -> None:
    path = tmp_path / "poor"
    framed = f"-----BEGIN NATS USER JWT-----\n-----BEGIN USER NKEY SEED-----\n{text}"
    path.write_text(framed if kind == "creds" else text, encoding="utf-8")
    with pytest.raises(RefusedError, match=r"file .*poor: there is no seed of an nkey in it"):
        await _works(ConnectionOptions(credentials=Credentials(**{kind: str(path)})))


@pytest.mark.parametrize("scheme", ["tls", "nats"])
async def test_nothing_is_said_to_a_server_without_tls_where_tls_was_asked_for(
    start_nats: StartNats, tmp_path: Path, scheme: str
) -> None:
    files = new_certificates(tmp_path)
    server = start_nats(config=USERS + "\ntrace: true\ndebug: true")
    options = ConnectionOptions(
        servers=(server.url.replace("nats", scheme),),
        credentials=Credentials(user="me", password="p@ss/word"),
        tls=TlsFiles(ca=str(files.ca)),
    )
    with pytest.raises(RefusedError, match="TLS was asked for and the server offers none"):
        await _works(options)
    assert "CONNECT {" not in server.log


async def test_tls_is_used_where_the_server_only_allows_it(
    start_nats: StartNats, tmp_path: Path
) -> None:
    files = new_certificates(tmp_path)
    config = files.server_config(verify=False) + "\nallow_non_tls: true"
    server = start_nats(config=config)
    async with connect(_options(server, tls=TlsFiles(ca=str(files.ca))), within=SECONDS) as found:
        transport = found.client._transport
        assert isinstance(transport, TcpTransport)
        assert transport._io_writer is not None
        assert transport._io_writer.get_extra_info("ssl_object") is not None


async def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    files = new_certificates(tmp_path)
    with pytest.raises(RefusedError, match="the key is not set"):
        await _works(ConnectionOptions(tls=TlsFiles(cert=str(files.client_cert))))
    with pytest.raises(RefusedError, match="not usable as certificates"):
        await _works(ConnectionOptions(tls=TlsFiles(ca=str(files.client_key))))
