"""CHUKYDONVI: signed packages pass, missing and bad signatures are told with place and remedy."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from lanh.connectors.claims_xml import ClaimsConnector, UnitSignature
from lanh.connectors.claims_xml.tests.sample import FACILITY, package
from lanh.core.access import Access, Purpose, Subject
from lanh.core.bus import Judged, Sender, Submission
from lanh.core.signing import Days, TrustStore, fingerprint, sign_xml
from lanh.core.signing.tests import authority
from lanh.core.signing.tests.authority import NOW, trust

_ACCESS = Access(Subject("system", "his", "his"), Purpose.OPERATIONS, facility=FACILITY)
_SENDER = Sender("his", _ACCESS, FACILITY, {FACILITY: None})
UNIT = authority.hospital
REGISTERED = {
    FACILITY: ((fingerprint(UNIT().certificate), Days(date(2026, 1, 1), date(2026, 12, 31))),)
}


def judge(
    content: bytes, *, required: bool = False, store: TrustStore | None = None, at: datetime = NOW
) -> Judged:
    check = UnitSignature(store or trust(signers=REGISTERED), required, lambda: at)
    connector = ClaimsConnector(check)
    return connector.judge(Submission(_SENDER, content, "application/xml", "claims-xml"))


def told(judged: Judged) -> list[tuple[str, str, str]]:
    return [
        (issue.severity, issue.code, issue.message.en)
        for issue in judged.issues
        if issue.expression == "GIAMDINHHS.CHUKYDONVI"
    ]


def loud(judged: Judged) -> list[str]:
    return [words for severity, _, words in told(judged) if severity != "information"]


def signed(*, plain: bool = True) -> bytes:
    return sign_xml(package(), UNIT().key, NOW, into="CHUKYDONVI", plain=plain)


def by_parts(*parts: str) -> bytes:
    content = package()
    for name in ("THONGTINDONVI", "THONGTINHOSO"):
        content = content.replace(f"<{name}>".encode(), f'<{name} Id="{name}">'.encode())
    return sign_xml(content, UNIT().key, NOW, into="CHUKYDONVI", parts=parts, plain=True)


@pytest.mark.parametrize(
    "content", [signed(), signed(plain=False), by_parts("THONGTINDONVI", "THONGTINHOSO")]
)
def test_a_signed_package_is_taken(content: bytes) -> None:
    judged = judge(content, required=True)
    assert loud(judged) == [] and not judged.refused
    assert judged.parts and not any(part.refused for part in judged.parts)


def test_a_missing_signature_is_a_doubt_or_refuses() -> None:
    doubt = judge(package())
    ((severity, code, words),) = told(doubt)
    assert (severity, code) == ("warning", "required") and "CHUKYDONVI" in words
    assert not doubt.refused and doubt.parts
    refused = judge(package(), required=True)
    assert refused.refused and refused.parts == []
    assert refused.issues[-1].message.vi.startswith("CHUKYDONVI không có")


def test_without_the_check_nothing_is_said() -> None:
    content = package()
    submission = Submission(_SENDER, content, "application/xml", "claims-xml")
    assert told(ClaimsConnector().judge(submission)) == []


@pytest.mark.parametrize("required", [False, True])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (signed().replace(b"<NGAYLAP>2", b"<NGAYLAP>3"), "was changed after"),
        (signed().replace(b"</MACSKCB>", b" </MACSKCB>", 1), "was changed after"),
        (by_parts("THONGTINHOSO"), "does not cover all"),
        (by_parts("THONGTINDONVI"), "does not cover all"),
        (sign_xml(package(), authority.stranger().key, NOW, into="CHUKYDONVI"), "No path leads"),
        (sign_xml(package(), authority.doctor().key, NOW, into="CHUKYDONVI"), "not registered"),
        (package().replace(b"<CHUKYDONVI>", b"<CHUKYDONVI>Signature"), "no digital signature"),
        (sign_xml(package(), UNIT().key, NOW), "no digital signature"),
    ],
)
def test_a_bad_signature_is_told(content: bytes, words: str, required: bool) -> None:
    judged = judge(content, required=required)
    assert any(words in each for each in loud(judged)), loud(judged)
    assert judged.refused is required
    assert bool(judged.parts) is not required


def test_days_of_certificate_and_registration() -> None:
    late = NOW + timedelta(days=320)
    assert any("not registered" in each for each in loud(judge(signed(), at=late)))
    past = NOW + timedelta(days=500)
    assert any("expired" in each for each in loud(judge(signed(), at=past)))


def test_a_facility_that_registered_nothing_is_told_so() -> None:
    judged = judge(signed(), required=True, store=trust())
    assert not judged.refused and loud(judged) == []
    assert any("registered no certificate" in words for _, _, words in told(judged))


def test_what_is_wrapped_into_a_signature_is_not_read() -> None:
    """The signed package hidden in the new one's signature does not vouch for it."""
    whole = signed()
    start = whole.index(b"<GIAMDINHHS>")
    inner = whole[start:]
    outer = package().replace(b"<CHUKYDONVI>", b"<CHUKYDONVI>" + inner)
    assert judge(outer, required=True).refused


def test_a_package_in_another_encoding_is_looked_at() -> None:
    wide = package().decode().replace('encoding="utf-8"', 'encoding="utf-16"').encode("utf-16")
    assert loud(judge(wide)) == loud(judge(package()))
    assert datetime.now(UTC) > NOW
