"""The ledger's upkeep on an installation: its key, seals, cold archive, retention."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from lanh.core import bus
from lanh.core.database import SyncDatabase
from lanh.core.signing import Algorithm, KeyFault, SoftwareKey, create_key
from lanh.nation.calendar import UnknownYear, packaged
from lanh.nation.local_time import VIETNAM
from lanh.site.instance import Instance

log = structlog.get_logger()

_YEARS = 10


def key_files(instance: Instance) -> tuple[Path, Path]:
    """(key, certificate) by which the ledger of this installation is signed."""
    return instance.folder / "ledger.key", instance.folder / "ledger.pem"


def ledger_key(instance: Instance) -> SoftwareKey:
    """The key, made with a certificate of its own where there is none yet. Raises KeyFault.

    An operator who has a certificate of an authority puts it in the place of this one.
    """
    key, certificate = key_files(instance)
    if not certificate.exists():
        _make(key, certificate)
    return SoftwareKey.open(key, certificate)


def _make(key: Path, certificate: Path) -> None:
    partial = key.with_suffix(f".{os.getpid()}")
    private = create_key(partial, Algorithm.ECDSA_SHA256)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lanh ledger")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .sign(private, hashes.SHA256())
    )
    try:
        os.link(partial, key)  # of two that begin at once one key counts
    except FileExistsError:
        raise KeyFault("key-exists", path=str(key)) from None
    finally:
        partial.unlink()
    certificate.write_bytes(made.public_bytes(Encoding.PEM))


def midnight(day: date) -> datetime:
    """The beginning of a day in Vietnam."""
    return datetime.combine(day, time(), VIETNAM)


def quiet_until(last: datetime) -> datetime:
    """Until when a sender heard at a moment may be silent: one whole working day."""
    try:
        return packaged().add_working_days(last, 1)
    except UnknownYear:  # nothing is published of that year: nobody is missed by a guess
        return datetime.max.replace(tzinfo=UTC)


def score_senders(database: SyncDatabase, now: datetime | None = None) -> None:
    """Compute the scores of days that changed, and see who fell silent."""
    database.transact(bus.compute_scores(VIETNAM.key, midnight))
    moment = now or datetime.now(UTC)
    for alert in database.transact(bus.watch_silence(moment, quiet_until)):
        log.warning("a sender fell silent", sender=alert.sender, since=alert.last_at.isoformat())


def keep_ledger(database: SyncDatabase, instance: Instance) -> None:
    """Seal what came, archive what was accepted and is due, drop the content of the rest."""
    key, now = ledger_key(instance), datetime.now(UTC)
    while database.transact(bus.seal(key, now)):
        pass
    folder = instance.folder / "archive"
    folder.mkdir(mode=0o700, exist_ok=True)
    while (done := database.transact(bus.archive(folder, key, now))) is not None:
        log.info("messages archived", file=done.path.name, count=done.messages)
    while count := database.transact(bus.retire(now)):
        log.info("content of messages retired", count=count)
