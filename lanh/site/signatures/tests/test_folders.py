"""Keys and trust of a folder: given to demonstration users, read anew when they change."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from lanh.core.accounts import create_account
from lanh.core.database import SyncDatabase
from lanh.core.signing import KeyFault, SigningFault, sign_xml, verify_xml
from lanh.site.demonstration.signing import give_keys
from lanh.site.signatures import KeyFolders, TrustFolders

_DOCUMENT = b"<Record Id='r'><Text>SYNTHETIC</Text></Record>"


def test_demonstration_users_sign_and_only_they(database: SyncDatabase, tmp_path: Path) -> None:
    for name in ("doctor", "head", "nurse"):
        database.transact(create_account(name, f"demo-{name}-2026", "Người Thử", posts=[]))
    folder = tmp_path / "demonstration"
    holders = give_keys(database, folder)
    assert len(holders) == 2 and give_keys(database, folder) == []  # once
    for each in folder.iterdir():
        if each.name in ("doctor.pem", "head.pem", "keys.yaml", "trust.yaml"):
            assert stat.S_IMODE(each.stat().st_mode) == 0o600
    keys, trust = KeyFolders((tmp_path, folder)), TrustFolders((tmp_path, folder))
    at = datetime.now(UTC)
    signed = sign_xml(_DOCUMENT, keys.of(holders[0]), at)
    (found,) = verify_xml(signed, trust(), at)
    assert found.valid, found.problems
    assert found.certificate is not None
    assert trust().may_sign(found.certificate, holders[0], at) is True
    assert trust().may_sign(found.certificate, holders[1], at) is False
    with pytest.raises(KeyFault):
        keys.of("person:nobody")


def test_what_changes_is_read_anew(database: SyncDatabase, tmp_path: Path) -> None:
    database.transact(create_account("doctor", "demo-doctor-2026", "Người Thử", posts=[]))
    (holder,) = give_keys(database, tmp_path)
    keys, trust = KeyFolders((tmp_path,)), TrustFolders((tmp_path,))
    key = keys.of(holder)
    assert keys.of(holder) is key and trust() is trust()
    held = (tmp_path / "doctor.pem").read_bytes()
    (tmp_path / "doctor.pem").unlink()
    with pytest.raises(KeyFault, match=r"doctor\.pem"):
        keys.of(holder)
    (tmp_path / "doctor.pem").write_bytes(held)
    with pytest.raises(KeyFault, match="0600"):  # it was put back open to others
        keys.of(holder)
    (tmp_path / "doctor.pem").chmod(0o600)
    assert keys.of(holder).chain == key.chain
    (tmp_path / "keys.yaml").write_text(yaml.safe_dump({holder: {"chain": "root.pem"}}))
    with pytest.raises(SigningFault, match=r"keys\.yaml"):
        keys.of(holder)
    (tmp_path / "trust.yaml").write_text("anchors: []\n")
    assert trust().anchors == ()
