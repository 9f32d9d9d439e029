"""Signing keys of the demonstration's doctor and head, by an authority that ends with this call.

All is in one folder of this installation, and names say that it is made up. The authority's key is
never written: nobody can issue another certificate that this installation would trust.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import NameOID

from lanh.core.accounts import account_by_username
from lanh.core.database import SyncDatabase
from lanh.core.signing import Algorithm, create_key, fingerprint
from lanh.site.demonstration.users import users
from lanh.site.private_files import written

SIGNERS = ("doctor", "head")
_BODY = "Dữ liệu mẫu, không có thật"
_AUTHORITY = "Tổ chức chứng thực mẫu"
_DAYS = timedelta(days=3650)


def give_keys(database: SyncDatabase, folder: Path) -> list[str]:
    """Give the demonstration's signers keys and the installation its list of them, once; returns
    who got one. `folder` is of the installation's private keys."""
    if (folder / "trust.yaml").exists():
        return []
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in folder.glob("*.pem"):  # of a start that was cut off here
        old.unlink()
    since = datetime.now(UTC) - timedelta(hours=1)
    issuer = ec.generate_private_key(ec.SECP256R1())
    root = _certificate(_AUTHORITY, issuer.public_key(), issuer, since)
    _write(folder / "root.pem", root)
    names = {user.username: user.name for user in users()}
    keys, signers = {}, {}
    for username in SIGNERS:
        account = database.read(account_by_username(username))
        if account is None:
            continue
        private = create_key(folder / f"{username}.pem", Algorithm.ECDSA_SHA256)
        made = _certificate(names[username], private.public_key(), issuer, since, root)
        _write(folder / f"{username}-chain.pem", made, root)
        holder = f"person:{account.id}"
        keys[holder] = {"file": f"{username}.pem", "chain": f"{username}-chain.pem"}
        signers[holder] = [{"certificate": fingerprint(made)}]
    _list(folder / "keys.yaml", keys)
    _list(folder / "trust.yaml", {"anchors": [{"certificate": "root.pem"}], "signers": signers})
    return sorted(signers)


def _certificate(
    name: str,
    public: CertificatePublicKeyTypes,
    issuer: ec.EllipticCurvePrivateKey,
    since: datetime,
    root: x509.Certificate | None = None,
) -> x509.Certificate:
    """A certificate by the authority; without `root` the authority's own."""
    subject = _name(name)
    usage = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
         "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False
    )  # fmt: skip
    usage |= dict.fromkeys(
        ("key_cert_sign", "crl_sign") if root is None else
        ("digital_signature", "content_commitment"), True,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if root is None else root.subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + _DAYS)
        .add_extension(x509.BasicConstraints(ca=root is None, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .sign(issuer, hashes.SHA256())
    )


def _name(text: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _BODY),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )


def _write(path: Path, *certificates: x509.Certificate) -> None:
    pem = serialization.Encoding.PEM
    path.write_bytes(b"".join(each.public_bytes(pem) for each in certificates))


def _list(path: Path, rows: object) -> None:
    with written(path) as file:
        file.write(yaml.safe_dump(rows, allow_unicode=True, sort_keys=True).encode())
