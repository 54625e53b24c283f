"""Credentials and certificates, from files to what the NATS client takes."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

from worker.jetstream.errors import RefusedError
from worker.model.link import ConnectionOptions, Credentials, TlsFiles


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
        return {"user_credentials": _readable(credentials.creds, "credentials file")}
    if credentials.nkey:
        return {"nkeys_seed": _readable(credentials.nkey, "nkey seed file")}
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


def _readable(name: str, what: str) -> str:
    path = Path(name).expanduser()
    try:
        with path.open("rb"):
            return str(path)
    except OSError as error:
        raise RefusedError(f"{what} {path}: {error.strerror}") from error
