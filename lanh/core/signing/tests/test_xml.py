"""XAdES and XMLDSig: made here and verified by xmlsec1, and the other way round."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from lxml import etree

from lanh.core.signing import SigningFault, SigningKey, TrustStore, sign_xml, verify_xml
from lanh.core.signing.dsig import DS, XADES
from lanh.core.signing.tests import authority
from lanh.core.signing.tests.authority import NOW, trust

PAPER = """<?xml version="1.0" encoding="utf-8"?>
<!-- synthetic --><n:Notice xmlns:n="urn:test" xmlns="urn:default" xmlns:unused="urn:x">
  <Body Id="body" b="2" a='1 &lt; "2"'>Nguyễn Thị Thử &amp; con<![CDATA[ <x> ]]><empty/></Body>
  <Sign/> tail &#13; text
</n:Notice>""".encode()
INTO = "{urn:default}Sign"


def xmlsec(folder: Path, content: bytes) -> subprocess.CompletedProcess[str]:
    """xmlsec1 on a document, with the made-up root trusted."""
    if shutil.which("xmlsec1") is None:
        pytest.skip("Debian's xmlsec1 is not installed")
    root = authority.root().certificate
    (folder / "root.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    (folder / "signed.xml").write_bytes(content)
    command = [
        "xmlsec1", "--verify", "--trusted-pem", "root.pem",
        "--verification-time", f"{NOW:%Y-%m-%d %H:%M:%S}",
        "--id-attr:Id", f"{XADES}:SignedProperties", "--id-attr:Id", "urn:default:Body",
        "signed.xml",
    ]  # fmt: skip
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def only(content: bytes, store: TrustStore | None = None, at=NOW):  # type: ignore[no-untyped-def]
    (found,) = verify_xml(content, store or trust(), at)
    return found


def codes(content: bytes, store: TrustStore | None = None, at=NOW) -> set[str]:  # type: ignore[no-untyped-def]
    return {each.code for each in only(content, store, at).problems}


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("parts", [(), ("body",)])
@pytest.mark.parametrize("into", [".", INTO])
def test_what_is_signed_here_verifies_here_and_by_xmlsec(
    key: SigningKey, tmp_path: Path, plain: bool, parts: tuple[str, ...], into: str
) -> None:
    signed = sign_xml(PAPER, key, NOW, into=into, parts=parts, plain=plain)
    found = only(signed)
    assert [each.code for each in found.problems] == []
    assert found.valid and found.certificate == key.chain[0]
    assert found.profile == ("XMLDSig" if plain else "XAdES")
    assert found.signing_time == (None if plain else NOW)
    assert found.path == ("/Notice" if into == "." else "/Notice/Sign")
    (part,) = found.signed
    assert part.place == ((0,) if parts else ())
    text = "".join(part.element.itertext())
    assert "Nguyễn Thị Thử & con <x> " in text and ("tail \r text" in text) == (not parts)
    assert found.whole == (not parts or into == INTO)
    done = xmlsec(tmp_path, signed)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Nguyễn", "Trần"),
        (">\n  <Sign", "><Sign"),
        ('b="2"', 'b="3"'),
        ("tail", "tale"),
        ("2026-03-02T09:30:00Z", "2026-03-02T09:30:01Z"),
        ("#sha256", "#sha512"),
        ("application/xml", "text/plain"),
    ],
)
def test_any_change_is_noticed_by_both(tmp_path: Path, before: str, after: str) -> None:
    signed = sign_xml(PAPER, authority.hospital().key, NOW, into=INTO).decode()
    assert before in signed
    changed = signed.replace(before, after).encode()
    found = only(changed)
    assert not found.intact and not found.valid and found.signed == ()
    assert {each.code for each in found.problems} <= {"digest-differs", "signature-differs"}
    assert all(each.message.vi and each.message.en for each in found.problems)
    assert xmlsec(tmp_path, changed).returncode != 0


TEMPLATE = f"""<GOI xml:lang="vi" xmlns:xsi="urn:unused"><A Id="a">một</A><B Id="b">hai</B>
<KY><Signature xmlns="{DS}"><SignedInfo><CanonicalizationMethod Algorithm="%(info)s"/>
<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#%(method)s"/>%(references)s
</SignedInfo><SignatureValue/><KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo>
</Signature> đuôi </KY></GOI>"""
REFERENCE = """<Reference URI="%s"><Transforms>%s</Transforms>
<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference>"""
ENVELOPED = f'<Transform Algorithm="{DS}enveloped-signature"/>'
EXC = '<Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'
INC = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"


def signed_by_xmlsec(folder: Path, template: str, method: str = "rsa-sha256") -> bytes:
    if shutil.which("xmlsec1") is None:
        pytest.skip("Debian's xmlsec1 is not installed")
    party = authority.hospital() if method.startswith("rsa") else authority.doctor()
    pem = serialization.Encoding.PEM
    (folder / "key.pem").write_bytes(
        party.private.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    for number, each in enumerate((party.certificate, *party.above)):
        (folder / f"{number}.pem").write_bytes(each.public_bytes(pem))
    (folder / "template.xml").write_text(template)
    done = subprocess.run(
        ["xmlsec1", "--sign", "--privkey-pem", "key.pem,0.pem,1.pem",
         "--id-attr:Id", "A", "--id-attr:Id", "B", "template.xml"],
        cwd=folder, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("info", "method", "references", "whole"),
    [
        ("http://www.w3.org/2001/10/xml-exc-c14n#", "rsa-sha256", [("", ENVELOPED + EXC)], True),
        ("http://www.w3.org/2001/10/xml-exc-c14n#", "rsa-sha512", [("", ENVELOPED)], True),
        ("http://www.w3.org/2001/10/xml-exc-c14n#", "ecdsa-sha256",
         [("#a", EXC), ("#b", EXC)], True),
        ("http://www.w3.org/2001/10/xml-exc-c14n#WithComments", "ecdsa-sha384",
         [("#b", EXC)], False),
    ],
)  # fmt: skip
def test_what_xmlsec_signs_verifies_here(  # type: ignore[no-untyped-def]
    tmp_path: Path, info: str, method: str, references, whole: bool
) -> None:
    inner = "".join(REFERENCE % each for each in references)
    template = TEMPLATE % {"info": info, "method": method, "references": inner}
    found = only(signed_by_xmlsec(tmp_path, template, method))
    assert [each.code for each in found.problems] == []
    assert found.whole is whole and found.path == "/GOI/KY"
    assert len(found.signed) == len(references)


INCLUSIVELY = f'<Transform Algorithm="{INC}"/>'


@pytest.mark.parametrize("references", [[("", ENVELOPED)], [("#a", INCLUSIVELY), ("#b", "")]])
@pytest.mark.parametrize("above", [' xml:lang="vi" xml:space="preserve"', ' xmlns:q="urn:q"', ""])
def test_inclusive_form_as_xmlsec_makes_it(  # type: ignore[no-untyped-def]
    tmp_path: Path, references, above: str
) -> None:
    """Namespaces and attributes of xml from above count, used or not."""
    inner = "".join(REFERENCE % each for each in references)
    template = TEMPLATE % {"info": INC, "method": "rsa-sha256", "references": inner}
    found = only(signed_by_xmlsec(tmp_path, template.replace(' xml:lang="vi"', above)))
    assert [each.code for each in found.problems] == []
    assert found.valid and found.whole


def test_sha1_is_refused_unless_asked_for(tmp_path: Path) -> None:
    inner = REFERENCE % ("", ENVELOPED + EXC)
    old = inner.replace("http://www.w3.org/2001/04/xmlenc#sha256", f"{DS}sha1")
    info = "http://www.w3.org/2001/10/xml-exc-c14n#"
    template = TEMPLATE % {"info": info, "method": "rsa-sha256", "references": old}
    signed = signed_by_xmlsec(tmp_path, template)
    assert codes(signed) == {"algorithm-refused"}
    (found,) = verify_xml(signed, trust(), NOW, old_digests=True)
    assert found.valid


def test_who_is_trusted_and_when() -> None:
    signed = sign_xml(PAPER, authority.hospital().key, NOW)
    assert codes(signed, authority.stranger().trust) == {"no-chain"}
    assert codes(signed, at=NOW + timedelta(days=500)) == {"certificate-expired"}
    assert codes(signed, at=NOW - timedelta(days=1)) == {"signed-in-future"}
    assert codes(sign_xml(PAPER, authority.stranger().key, NOW)) == {"no-chain"}
    found = only(signed, authority.stranger().trust)
    assert found.intact and not found.valid and found.signer == "Bệnh viện Thử"


def test_two_signers_of_one_part_beside_each_other(tmp_path: Path) -> None:
    once = sign_xml(PAPER, authority.doctor().key, NOW, parts=("body",))
    twice = sign_xml(once, authority.hospital().key, NOW + timedelta(minutes=1), parts=("body",))
    found = verify_xml(twice, trust(), NOW + timedelta(hours=1))
    assert [each.signer for each in found] == ["Bác sĩ Thử", "Bệnh viện Thử"]
    assert all(each.valid for each in found)
    assert xmlsec(tmp_path, twice).returncode == 0


def test_a_second_signature_over_the_whole_breaks_the_first() -> None:
    once = sign_xml(PAPER, authority.doctor().key, NOW)
    twice = sign_xml(once, authority.hospital().key, NOW)
    first, second = verify_xml(twice, trust(), NOW)
    assert {each.code for each in first.problems} == {"digest-differs"}
    assert second.valid


def test_what_cannot_be_signed_is_said() -> None:
    key = authority.hospital().key
    for more, code in [
        ({"into": "Nowhere"}, "holder-absent"),
        ({"parts": ("nobody",)}, "part-absent"),
    ]:
        with pytest.raises(SigningFault) as fault:
            sign_xml(PAPER, key, NOW, **more)  # type: ignore[arg-type]
        assert fault.value.code == code
    with pytest.raises(SigningFault) as fault:
        sign_xml(PAPER, key, NOW.replace(tzinfo=None))
    assert fault.value.code == "time-naive"
    with pytest.raises(SigningFault) as fault:
        sign_xml(b"<?style x?><a/>", key, NOW)
    assert fault.value.code == "not-canonical"


def test_no_signature_is_no_result() -> None:
    assert verify_xml(PAPER, trust(), NOW) == ()
    assert etree.fromstring(PAPER) is not None
