"""Keys, signed claims and certificates, made fresh for servers that ask who is there."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nkeys
import trustme

UNLIMITED = -1


@dataclass(frozen=True)
class Key:
    """An nkey pair: `seed` and `public` in their text form."""

    seed: str
    public: str

    def sign(self, data: bytes) -> bytes:
        """Return the signature of `data`."""
        signature: bytes = nkeys.from_seed(bytearray(self.seed.encode())).sign(data)
        return signature


def new_key(role: int) -> Key:
    """Make a key for a role: one of the nkeys prefixes, for instance of a user."""
    seed = bytes(nkeys.encode_seed(os.urandom(32), role))
    public = bytes(nkeys.from_seed(bytearray(seed)).public_key)
    return Key(seed.decode(), public.decode())


@dataclass(frozen=True)
class Operator:
    """What a server in operator mode is configured with, and a user's credentials for it."""

    config: str
    creds: str


def new_operator() -> Operator:
    """Make an operator with one account that has JetStream, and one user of that account."""
    operator = new_key(nkeys.PREFIX_BYTE_OPERATOR)
    account = new_key(nkeys.PREFIX_BYTE_ACCOUNT)
    user = new_key(nkeys.PREFIX_BYTE_USER)
    streams = dict.fromkeys(("mem_storage", "disk_storage", "streams", "consumer"), UNLIMITED)
    core = dict.fromkeys(("subs", "data", "payload", "imports", "exports", "conn"), UNLIMITED)
    limits = streams | core | {"wildcards": True, "leaf": UNLIMITED}
    system = new_key(nkeys.PREFIX_BYTE_ACCOUNT)
    system_claim = _claim(operator, system.public, {"type": "account", "limits": core})
    operator_claim = _claim(operator, operator.public, {"type": "operator"})
    account_claim = _claim(operator, account.public, {"type": "account", "limits": limits})
    user_claim = _claim(
        account, user.public, {"type": "user", "subs": -1, "data": -1, "payload": -1}
    )
    config = (
        f"operator: {operator_claim}\nsystem_account: {system.public}\nresolver: MEMORY\n"
        f"resolver_preload: {{ {account.public}: {account_claim}\n"
        f"{system.public}: {system_claim} }}\n"
    )
    return Operator(config, _creds(user_claim, user.seed))


@dataclass(frozen=True)
class Certificates:
    """PEM files: the authority, a server's for 127.0.0.1, and a client's."""

    ca: Path
    server_cert: Path
    server_key: Path
    client_cert: Path
    client_key: Path

    def server_config(self, *, verify: bool, first: bool = False) -> str:
        """Return the tls block of a server; `verify` asks clients for their certificate."""
        return (
            f'tls {{ cert_file: "{self.server_cert}", key_file: "{self.server_key}", '
            f'ca_file: "{self.ca}", verify: {str(verify).lower()}, '
            f"handshake_first: {str(first).lower()} }}\n"
        )


def new_certificates(folder: Path) -> Certificates:
    """Make an authority and certificates of it in `folder`."""
    authority = trustme.CA()
    server = authority.issue_cert("127.0.0.1", "localhost")
    client = authority.issue_cert("client@example.org")
    files = Certificates(
        *(folder / name for name in ("ca.pem", "s.pem", "s.key", "c.pem", "c.key"))
    )
    authority.cert_pem.write_to_path(files.ca)
    server.cert_chain_pems[0].write_to_path(files.server_cert)
    server.private_key_pem.write_to_path(files.server_key)
    client.cert_chain_pems[0].write_to_path(files.client_cert)
    client.private_key_pem.write_to_path(files.client_key)
    return files


def _claim(issuer: Key, subject: str, nats: dict[str, Any]) -> str:
    body = {
        "iat": int(time.time()),
        "iss": issuer.public,
        "name": "test",
        "sub": subject,
        "nats": {**nats, "version": 2},
    }
    digest = hashlib.sha256(json.dumps(body).encode()).digest()
    body["jti"] = base64.b32encode(digest).decode().rstrip("=")
    header = _base64({"typ": "JWT", "alg": "ed25519-nkey"})
    signed = f"{header}.{_base64(body)}"
    return f"{signed}.{_unpadded(issuer.sign(signed.encode()))}"


def _base64(value: dict[str, Any]) -> str:
    return _unpadded(json.dumps(value).encode())


def _unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _creds(claim: str, seed: str) -> str:
    return (
        f"-----BEGIN NATS USER JWT-----\n{claim}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
    )
