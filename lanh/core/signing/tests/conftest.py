"""The same keys in a file and in a token: every test of keys runs on both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from lanh.core.signing import SigningKey, SoftwareKey, TokenKey, write_key
from lanh.core.signing.tests import authority, softhsm
from lanh.core.signing.tests.authority import Party

PARTIES = {"rsa": authority.hospital, "ecdsa": authority.doctor}


@pytest.fixture(scope="session")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """SoftHSM's module with both parties' keys in its token."""
    folder = tmp_path_factory.mktemp("softhsm")
    for library in softhsm.prepared(folder):
        for number, (label, party) in enumerate(PARTIES.items(), start=1):
            softhsm.store(party(), label, f"0{number}", folder)
        yield library


def _software(party: Party, folder: Path) -> SoftwareKey:
    write_key(folder / "key.pem", party.private)
    chain = (party.certificate, *party.above)
    (folder / "chain.pem").write_bytes(
        b"".join(each.public_bytes(serialization.Encoding.PEM) for each in chain)
    )
    return SoftwareKey.open(folder / "key.pem", folder / "chain.pem")


@pytest.fixture(params=["file-rsa", "file-ecdsa", "token-rsa", "token-ecdsa"])
def key(request: pytest.FixtureRequest, tmp_path: Path) -> SigningKey:
    """A key behind the port."""
    place, _, kind = str(request.param).partition("-")
    party = PARTIES[kind]()
    if place == "file":
        return _software(party, tmp_path)
    library = request.getfixturevalue("module")
    chain = (party.certificate, *party.above)
    return TokenKey(library, softhsm.TOKEN, kind, lambda: softhsm.PIN, chain)
