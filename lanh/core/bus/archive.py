"""The cold archive: content that the ledger need not hold at hand, in signed files.

A file is lines of JSON, compressed by zstd: one head, then a line a message with its content
encrypted (AES-256-GCM) under a key of its own that stays in the ledger. Erasing a message destroys
its key, and so its content in every copy of the archive. Only messages accepted as a whole are
archived: their records name them, so erasure finds them without opening a file. Beside the file
stands its signature, by the key of the signing port, over number, digest and count.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import zstandard
from cryptography import x509
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding

from lanh.core.bus import keeping
from lanh.core.bus.ledger import unpacked
from lanh.core.database import Plan, execute, fetch, fetch_one
from lanh.core.signing import SigningKey, sign, signature_holds

_NONCE = 12
_ACCEPTED = ("accepted",)


class ArchiveFault(Exception):
    """A file that is not an archive as it was written; `code` says in what."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Archived:
    """A file of the archive."""

    path: Path
    messages: int


def signature_of(path: Path) -> Path:
    """The file of an archive's signature."""
    return path.with_name(path.name + ".sig")


def archive(folder: Path, key: SigningKey, now: datetime) -> Plan[Archived | None]:
    """Move what is due and accepted from the ledger to a new file, a batch; None where nothing is.

    The file is on disk before the transaction ends: where that fails, the file is one too many and
    none of its keys is kept.
    """
    names = yield from keeping.due(now, _ACCEPTED)
    rows = yield from fetch(
        "SELECT id, sender, format, content_type, received_at, digest, body, size FROM bus.message"
        " WHERE id = ANY ($1::text[]) ORDER BY number FOR UPDATE",
        names,
    )
    if not rows:
        return None
    name = f"bus-{now:%Y%m%d}-{rows[0][0]}.jsonl.zst"
    lines = [json.dumps({"archive": name, "messages": len(rows), "at": now.isoformat()})]
    keys: list[bytes] = []
    for row in rows:
        own, nonce = AESGCM.generate_key(256), os.urandom(_NONCE)
        sealed = nonce + AESGCM(own).encrypt(nonce, unpacked(row[6], row[7]), row[0].encode())
        keys.append(own)
        told = {"id": row[0], "sender": row[1], "format": row[2], "contentType": row[3],
                "receivedAt": row[4].isoformat(), "digest": bytes(row[5]).hex(),
                "content": base64.b64encode(sealed).decode()}  # fmt: skip
        lines.append(json.dumps(told))
    path = folder / name
    _write(path, key, "\n".join(lines).encode(), len(rows))
    yield from execute(
        "UPDATE bus.message m SET archive_key = k.key"
        " FROM unnest($1::text[], $2::bytea[]) AS k (id, key) WHERE m.id = k.id",
        [row[0] for row in rows],
        keys,
    )
    yield from keeping.empty([row[0] for row in rows], name)
    return Archived(path, len(rows))


def _write(path: Path, key: SigningKey, text: bytes, count: int) -> None:
    content = zstandard.ZstdCompressor(9).compress(text)
    said = _said(path.name, content, count)
    seal = {
        "name": path.name,
        "messages": count,
        "sha256": hashlib.sha256(content).hexdigest(),
        "signature": base64.b64encode(sign(key, said)).decode(),
        "certificate": base64.b64encode(key.chain[0].public_bytes(Encoding.DER)).decode(),
    }
    for target, data in ((path, content), (signature_of(path), json.dumps(seal).encode())):
        with target.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


def _said(name: str, content: bytes, count: int) -> bytes:
    return f"{name}\n{count}\n{hashlib.sha256(content).hexdigest()}".encode()


def verify_archive(path: Path, fingerprint: bytes | None = None) -> Archived:
    """Whether a file is as it was signed. Raises ArchiveFault.

    With `fingerprint` (SHA-256 of a certificate) only a signature by that key counts.
    """
    try:
        content = path.read_bytes()
        told = json.loads(signature_of(path).read_bytes())
        der = base64.b64decode(told["certificate"])
        count, signature = int(told["messages"]), base64.b64decode(told["signature"])
        certificate = x509.load_der_x509_certificate(der)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArchiveFault("unreadable") from error
    if fingerprint is not None and hashlib.sha256(der).digest() != fingerprint:
        raise ArchiveFault("another-key")
    digest = hashlib.sha256(_said(path.name, content, count)).digest()
    if not signature_holds(certificate, digest, signature):
        raise ArchiveFault("altered")
    if sum(1 for _ in _messages(content)) != count:
        raise ArchiveFault("incomplete")
    return Archived(path, count)


def _messages(content: bytes) -> Iterator[dict[str, Any]]:
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content)) as stream:
        for number, line in enumerate(io.TextIOWrapper(stream, encoding="utf-8")):
            if number:
                yield json.loads(line)


def read_archived(path: Path, receipt: str) -> Plan[bytes]:
    """The content of an archived message. Raises ArchiveFault: not in it, erased, or altered."""
    row = yield from fetch_one(
        "SELECT archive_key, digest FROM bus.message WHERE id = $1::text", receipt
    )
    if row is None or row[0] is None:
        raise ArchiveFault("erased")
    for told in _messages(path.read_bytes()):
        if told["id"] == receipt:
            sealed = base64.b64decode(told["content"])
            content = AESGCM(bytes(row[0])).decrypt(
                sealed[:_NONCE], sealed[_NONCE:], receipt.encode()
            )
            if hashlib.sha256(content).digest() != bytes(row[1]):
                raise ArchiveFault("altered")
            return content
    raise ArchiveFault("not-there")
