"""Whom to trust, and when: dated data that an installation keeps, never fetched.

A folder with `trust.yaml`:

    anchors:
      - certificate: root.pem        # a file of the folder
        from: 2024-01-01             # first and last day (Vietnam) on which signatures may be
        until: 2030-12-31            # judged by it; either may be left out
    intermediates: [authority.pem]   # PEM, any number a file
    revocation: [authority.crl]      # PEM or DER
    revocation_required: false       # whether a signature needs to be known as not revoked
    signers:                         # who may sign for whom; the key is a facility's code
      "01001":
        - certificate: sha256 of the certificate, in hexadecimal
          from: 2026-01-01
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from lanh.core.signing.faults import SigningFault
from lanh.core.signing.software import read_certificates

# A day of the list is a day in Vietnam, which keeps UTC+7 all year.
_DAY_ZONE = timezone(timedelta(hours=7))
_MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Days:
    """From the first to the last day, both included; None is without end."""

    first: date | None = None
    last: date | None = None

    def hold(self, moment: datetime) -> bool:
        """Whether an aware moment lies within."""
        day = moment.astimezone(_DAY_ZONE).date()
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A certificate trusted by itself, on its days."""

    certificate: x509.Certificate
    days: Days = Days()

    def trusted_at(self, moment: datetime) -> bool:
        """Whether signatures may be judged by it at an aware moment."""
        return self.days.hold(moment)


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Anchors, certificates between, revocation lists, and who signs for whom."""

    anchors: tuple[Anchor, ...] = ()
    intermediates: tuple[x509.Certificate, ...] = ()
    revocation_lists: tuple[x509.CertificateRevocationList, ...] = ()
    revocation_required: bool = False
    signers: Mapping[str, tuple[tuple[str, Days], ...]] = field(default_factory=dict)

    def may_sign(self, certificate: x509.Certificate, owner: str, moment: datetime) -> bool | None:
        """Whether a certificate is registered for `owner` on the day; None where none ever was."""
        registered = self.signers.get(owner)
        if not registered:
            return None
        print_ = fingerprint(certificate)
        return any(each == print_ and days.hold(moment) for each, days in registered)

    @classmethod
    def load(cls, folder: Path) -> TrustStore:
        """Read a folder. Raises SigningFault that names the file and what is wrong in it."""
        path = folder / "trust.yaml"
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise SigningFault("trust-file", path=str(path)) from error
        if not isinstance(data, dict) or data.keys() - _KEYS:
            raise SigningFault("trust-file", path=str(path))
        try:
            return cls(
                tuple(_anchor(folder, each) for each in data.get("anchors") or ()),
                tuple(
                    certificate
                    for name in data.get("intermediates") or ()
                    for certificate in read_certificates(_inside(folder, name))
                ),
                tuple(_list(_inside(folder, name)) for name in data.get("revocation") or ()),
                bool(data.get("revocation_required", False)),
                {
                    str(owner): tuple(_signer(each) for each in entries or ())
                    for owner, entries in (data.get("signers") or {}).items()
                },
            )
        except SigningFault:
            raise
        except (OSError, TypeError, KeyError, ValueError, AttributeError) as error:
            raise SigningFault("trust-entry", path=str(path), reason=str(error)[:200]) from error


_KEYS = {"anchors", "intermediates", "revocation", "revocation_required", "signers"}


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, lower-case hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def _inside(folder: Path, name: Any) -> Path:
    if not isinstance(name, str) or Path(name).name != name:
        raise ValueError(f"{name!r} is not the name of a file in the folder")
    return folder / name


def _days(entry: Mapping[str, Any]) -> Days:
    first, last = entry.get("from"), entry.get("until")
    for each in (first, last):
        if each is not None and (not isinstance(each, date) or isinstance(each, datetime)):
            raise ValueError(f"{each!r} is not a day (YYYY-MM-DD)")
    return Days(first, last)


def _anchor(folder: Path, entry: Mapping[str, Any]) -> Anchor:
    (certificate,) = read_certificates(_inside(folder, entry["certificate"]))
    return Anchor(certificate, _days(entry))


def _signer(entry: Mapping[str, Any]) -> tuple[str, Days]:
    text = str(entry["certificate"]).replace(":", "").lower()
    if len(bytes.fromhex(text)) != hashes.SHA256.digest_size:
        raise ValueError(f"{text!r} is not a SHA-256 of 64 hexadecimal digits")
    return text, _days(entry)


def _list(path: Path) -> x509.CertificateRevocationList:
    data = path.read_bytes()[:_MOST_BYTES]
    if b"-----BEGIN" in data[:200]:
        return x509.load_pem_x509_crl(data)
    return x509.load_der_x509_crl(data)
