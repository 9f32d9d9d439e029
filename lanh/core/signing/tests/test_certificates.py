"""Chains, days and revocation."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lanh.core.signing import (
    Anchor,
    Days,
    SigningFault,
    TrustStore,
    fingerprint,
    judge,
    name_of,
)
from lanh.core.signing.tests import authority
from lanh.core.signing.tests.authority import NOW, YEAR, Party, issue, rsa_key, trust, usage

DAY = timedelta(days=1)


def codes(party: Party, store: TrustStore | None = None, moment=NOW, above=None) -> set[str]:  # type: ignore[no-untyped-def]
    given = party.above if above is None else above
    return {each.code for each in judge(party.certificate, given, store or trust(), moment)[1]}


def test_a_chain_ends_at_an_anchor() -> None:
    for party in (authority.hospital(), authority.doctor()):
        chain, problems, doubts = judge(party.certificate, party.above, trust(), NOW)
        assert [name_of(each.subject) for each in chain][1:] == [
            "Trung gian thử nghiệm",
            "Gốc thử nghiệm",
        ]
        assert problems == []
        assert {each.code for each in doubts} == {"revocation-unknown"}


def test_a_certificate_between_may_come_from_the_store() -> None:
    party = authority.hospital()
    assert codes(party, above=()) == {"no-chain"}
    assert codes(party, trust(intermediates=(authority.middle().certificate,)), above=()) == set()


def test_strangers_and_forged_names_have_no_chain() -> None:
    assert codes(authority.stranger()) == {"no-chain"}
    forged = issue("Gốc thử nghiệm", rsa_key(40), authority=True)
    assert codes(issue("Bệnh viện Thử", rsa_key(41), forged)) == {"no-chain"}


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (NOW - 2 * YEAR, "certificate-not-yet"),
        (NOW + 2 * YEAR, "certificate-expired"),
    ],
)
def test_a_certificate_counts_on_its_days(moment, expected: str) -> None:  # type: ignore[no-untyped-def]
    assert codes(authority.hospital(), moment=moment) == {expected}


def test_an_authority_that_expired_before_its_certificates() -> None:
    old = issue("CA cũ", rsa_key(2), authority.root(), authority=True, until=NOW - DAY)
    assert codes(issue("Bệnh viện Thử", rsa_key(3), old)) == {"certificate-expired"}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"key_usage": usage(key_encipherment=True)}, "certificate-not-for-signing"),
        ({"extra": ((x509.NameConstraints([x509.DNSName("a.test")], None), True),)},
         "certificate-extension"),
        ({"extra": ((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\5\0"), True),)},
         "certificate-extension"),
    ],
)  # fmt: skip
def test_a_certificate_that_may_not(more: dict, expected: str) -> None:  # type: ignore[type-arg]
    assert codes(issue("Bệnh viện Thử", rsa_key(3), authority.middle(), **more)) == {expected}


def test_only_authorities_issue() -> None:
    below = issue("Con", rsa_key(42), authority.hospital())
    assert codes(below) >= {"certificate-no-authority"}
    deeper = issue("CA sâu", rsa_key(43), authority.middle(), authority=True)
    assert codes(issue("Con", rsa_key(42), deeper)) == {"chain-too-long"}


def test_weak_keys() -> None:
    small = rsa.generate_private_key(65537, 1024)
    assert codes(issue("Khóa ngắn", small, authority.middle())) == {"key-weak"}


def test_an_anchor_counts_on_its_days() -> None:
    days = Days(date(2026, 3, 1), date(2026, 3, 2))
    store = TrustStore((Anchor(authority.root().certificate, days),))
    assert codes(authority.hospital(), store) == set()
    assert codes(authority.hospital(), store, NOW + DAY) == {"anchor-not-trusted-then"}
    # 17:30 in UTC on the second is the third in Vietnam.
    assert codes(authority.hospital(), store, NOW + timedelta(hours=8)) == {
        "anchor-not-trusted-then"
    }


def revoked_at(moment: datetime, **more: Any) -> TrustStore:
    party = authority.hospital()
    lists = (
        authority.revocations(authority.middle(), {party.certificate.serial_number: moment}),
        authority.revocations(authority.root()),
    )
    return trust(revocation_lists=lists, **more)


def test_a_revoked_certificate_counts_until_it_was_revoked() -> None:
    assert codes(authority.hospital(), revoked_at(NOW - DAY)) == {"certificate-revoked"}
    assert codes(authority.hospital(), revoked_at(NOW + DAY)) == set()
    assert codes(authority.doctor(), revoked_at(NOW - DAY)) == set()


def test_a_list_has_its_days() -> None:
    party = authority.doctor()
    store = revoked_at(NOW)
    assert judge(party.certificate, party.above, store, NOW)[1:] == ([], [])
    _, problems, doubts = judge(party.certificate, party.above, store, NOW + 30 * DAY)
    assert problems == []
    assert {each.code for each in doubts} == {"revocation-old"}
    strict = revoked_at(NOW, revocation_required=True)
    assert codes(party, strict) == set()
    assert codes(party, strict, NOW + 30 * DAY) == {"revocation-old"}
    assert codes(party, trust(revocation_required=True)) == {"revocation-unknown"}


def test_a_list_by_another_key_says_nothing() -> None:
    party = authority.hospital()
    forger = issue("Trung gian thử nghiệm", rsa_key(44), authority=True)
    lists = (authority.revocations(forger, {party.certificate.serial_number: NOW - DAY}),)
    _, problems, doubts = judge(party.certificate, party.above, trust(revocation_lists=lists), NOW)
    assert problems == []
    assert {each.code for each in doubts} == {"revocation-unknown"}


def test_many_certificates_of_one_name_end_soon() -> None:
    """Hostile chains: every certificate seems to be issued by every other."""
    same = [issue("Vòng", rsa_key(50 + each), authority=True) for each in range(3)]
    crossed = [
        issue("Vòng", each.private, other, authority=True) for each in same for other in same
    ]
    signer = issue("Ký", rsa_key(60), crossed[0])
    assert codes(signer, above=tuple(each.certificate for each in crossed) * 20) == {"no-chain"}


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def test_a_store_is_read_from_a_folder(tmp_path: Path) -> None:
    party = authority.hospital()
    (tmp_path / "root.pem").write_bytes(_pem(authority.root().certificate))
    (tmp_path / "middle.pem").write_bytes(_pem(authority.middle().certificate))
    der = authority.revocations(authority.middle()).public_bytes(serialization.Encoding.DER)
    (tmp_path / "middle.crl").write_bytes(der)
    (tmp_path / "trust.yaml").write_text(
        "anchors:\n  - {certificate: root.pem, from: 2026-01-01}\n"
        "intermediates: [middle.pem]\nrevocation: [middle.crl]\n"
        f"signers:\n  '97001':\n    - {{certificate: {fingerprint(party.certificate)}, "
        "until: 2026-03-02}\n"
    )
    store = TrustStore.load(tmp_path)
    assert codes(party, store, above=()) == set()
    assert store.may_sign(party.certificate, "97001", NOW) is True
    assert store.may_sign(party.certificate, "97001", NOW + DAY) is False
    assert store.may_sign(authority.doctor().certificate, "97001", NOW) is False
    assert store.may_sign(party.certificate, "97002", NOW) is None


@pytest.mark.parametrize(
    "text",
    [
        "[]", "anchor: []", "anchors: [root.pem]", "anchors: [{certificate: ../root.pem}]",
        "anchors: [{certificate: root.pem}]", "revocation: [missing.crl]", "a: b: c",
        "signers: {'1': [{certificate: abcd}]}", "anchors: 7",
    ],
)  # fmt: skip
def test_a_store_that_cannot_be_used_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "trust.yaml").write_text(text)
    with pytest.raises(SigningFault) as fault:
        TrustStore.load(tmp_path)
    assert str(tmp_path) in fault.value.message.vi
