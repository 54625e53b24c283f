"""Credentials and certificates, from files to what the NATS client takes."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import Any

from worker.jetstream.errors import RefusedError
from worker.model.link import ConnectionOptions, Credentials, TlsFiles

_ALONE = re.compile(rb"^\s*(\S+)\s*$")
_IN_CREDS = re.compile(rb"BEGIN NATS USER JWT.*BEGIN USER NKEY SEED-+\s+(\S+)", re.DOTALL)


def client_arguments(options: ConnectionOptions) -> dict[str, Any]:
    """Return the client's keyword arguments for credentials and TLS.

    Raises:
        RefusedError: a file that is named cannot be read or is not what it should be.
    """
    return _identity(options.credentials) | _tls(options.tls, options.servers)


def _identity(credentials: Credentials) -> dict[str, Any]:
    if credentials.user:
        return {"user": credentials.user, "password": credentials.password}
    if credentials.creds:
        return {"user_credentials": _with_seed(credentials.creds, "credentials file", _IN_CREDS)}
    if credentials.nkey:
        return {"nkeys_seed": _with_seed(credentials.nkey, "nkey seed file", _ALONE)}
    if credentials.token:
        return {"token": credentials.token}
    return {}


def _tls(files: TlsFiles, servers: tuple[str, ...]) -> dict[str, Any]:
    if not files.is_set and not any(url.startswith(("tls://", "wss://")) for url in servers):
        return {}
    return {"tls": _tls_context(files), "tls_handshake_first": files.first}


def _tls_context(files: TlsFiles) -> ssl.SSLContext:
    if bool(files.cert) != bool(files.key):
        missing = "key" if files.cert else "certificate"
        raise RefusedError(
            f"a client certificate needs certificate and key, the {missing} is not set"
        )
    try:
        context = ssl.create_default_context(
            cafile=_readable(files.ca, "CA certificate") if files.ca else None
        )
        if files.cert:
            context.load_cert_chain(
                _readable(files.cert, "client certificate"), _readable(files.key, "client key")
            )
    except ssl.SSLError as error:
        shown = ", ".join(name for name in (files.ca, files.cert, files.key) if name)
        raise RefusedError(f"not usable as certificates: {shown}: {error.reason}") from error
    return context


def _with_seed(name: str, what: str, where: re.Pattern[bytes]) -> str:
    """Return the path of a file that has an nkey seed; the client would end over another."""
    import nkeys  # Not by every start: most have no such file, and it takes 30 ms.

    path = _readable(name, what)
    found = where.search(Path(path).read_bytes())
    try:
        nkeys.from_seed(bytearray(found[1] if found else b"")).wipe()
    except nkeys.NkeysError as error:
        raise RefusedError(f"{what} {path}: there is no seed of an nkey in it") from error
    return path


def _readable(name: str, what: str) -> str:
    path = Path(name).expanduser()
    try:
        with path.open("rb"):
            return str(path)
    except OSError as error:
        raise RefusedError(f"{what} {path}: {error.strerror}") from error
