"""Documents made to deceive: wrapped, moved, doubled, truncated, huge, or not XML at all."""

from __future__ import annotations

import copy
from functools import cache

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from lanh.core.signing import TrustStore, Unreadable, dsig, sign_xml, verify_xml
from lanh.core.signing.dsig import DS, ENVELOPED, EXCLUSIVE, XADES, ds
from lanh.core.signing.tests import authority
from lanh.core.signing.tests.authority import NOW, trust

PAPER = b'<Notice><Body Id="body">one</Body><Amount Id="amount">5</Amount><Sign/></Notice>'


@cache
def signed_part() -> bytes:
    return sign_xml(PAPER, authority.doctor().key, NOW, into="Sign", parts=("body",))


@cache
def signed_whole() -> bytes:
    return sign_xml(PAPER, authority.doctor().key, NOW)


def one(root: etree._Element, path: str) -> etree._Element:
    found = root.find(path)
    assert found is not None
    return found


def what_is_said(content: bytes) -> list[str]:
    """The text of everything handed back as signed."""
    try:
        found = verify_xml(content, trust(), NOW)
    except Unreadable:
        return []
    return ["".join(map(str, part.element.itertext())) for each in found for part in each.signed]


def changed(content: bytes, by) -> bytes:  # type: ignore[no-untyped-def]
    root = etree.fromstring(content)
    by(root)
    return etree.tostring(root)


def wrapped(root: etree._Element) -> None:
    """The signed part goes where nobody reads, another with its name takes its place."""
    body = one(root, "Body")
    hidden = etree.SubElement(one(root, f".//{ds('Signature')}"), ds("Object"))
    root.replace(body, etree.fromstring('<Body Id="other">one million</Body>'))
    hidden.append(body)


def moved(root: etree._Element) -> None:
    root.append(copy.deepcopy(one(root, "Body")))
    root[0].set("Id", "other")
    root[0].text = "one million"


def doubled(root: etree._Element) -> None:
    twin = etree.SubElement(root, "Body", Id="body")
    twin.text = "one million"


def doubled_by_another_name(root: etree._Element) -> None:
    etree.SubElement(root, "Body", ID="body").text = "one million"


@pytest.mark.parametrize("attack", [wrapped, moved, doubled, doubled_by_another_name])
def test_nothing_is_handed_back_that_was_not_signed(attack) -> None:  # type: ignore[no-untyped-def]
    content = changed(signed_part(), attack)
    assert b"one million" in content
    for text in what_is_said(content):
        assert text == "one"
    for each in verify_xml(content, trust(), NOW):
        assert not each.whole
        for part in each.signed:
            assert part.place != (0,), "the part in its place is not the one that was signed"


def test_what_a_comment_or_an_instruction_hides_is_not_lost() -> None:
    content = signed_part().replace(b">one<", b">o<!-- x -->ne<")
    assert what_is_said(content) == ["one"]
    assert what_is_said(signed_part().replace(b">one<", b">o<?x?>ne<")) == []
    assert what_is_said(b"<?x y?>" + etree.tostring(etree.fromstring(signed_whole()))) == []


@pytest.mark.parametrize(
    ("tag", "attribute", "value", "code"),
    [
        ("Transform", "Algorithm", "http://www.w3.org/TR/1999/REC-xpath-19991116",
         "transform-refused"),
        ("Transform", "Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116",
         "transform-refused"),
        ("SignatureMethod", "Algorithm", f"{DS}hmac-sha1", "algorithm-refused"),
        ("SignatureMethod", "Algorithm", f"{DS}rsa-sha1", "algorithm-refused"),
        ("CanonicalizationMethod", "Algorithm", "urn:none", "algorithm-refused"),
        ("Reference", "URI", "http://127.0.0.1/x", "reference-refused"),
        ("Reference", "URI", "file:///etc/passwd", "reference-refused"),
        ("Reference", "URI", "#xpointer(/)", "reference-refused"),
        ("Reference", "URI", "#nobody", "reference-ambiguous"),
    ],
)  # fmt: skip
def test_what_a_signature_may_not_use(tag: str, attribute: str, value: str, code: str) -> None:
    """Made by the signer himself, so that only the rule can refuse it."""
    root = etree.fromstring(signed_whole())
    one(root, f".//{ds(tag)}").set(attribute, value)
    (found,) = verify_xml(resigned(root), trust(), NOW)
    assert {each.code for each in found.problems} == {code}
    assert found.signed == () and not found.intact


def resigned(root: etree._Element) -> bytes:
    """SignedInfo signed anew as it stands now."""
    from lanh.core.signing.xml_signing import _value

    info = one(root, f".//{ds('SignedInfo')}")
    made = etree.tostring(info, method="c14n", exclusive=True, with_tail=False)
    value = one(root, f".//{ds('SignatureValue')}")
    value.text = dsig.text64(_value(authority.doctor().key, made))
    return etree.tostring(root)


def test_a_comment_in_a_digest_does_not_cut_it() -> None:
    content = signed_part()
    mark = content.index(b"<ds:DigestValue>") + len(b"<ds:DigestValue>")
    assert what_is_said(content[: mark + 4] + b"<!-- x -->" + content[mark + 4 :]) == ["one"]
    assert what_is_said(content[:mark] + b"AAAA<!-- " + b"-->" + content[mark:]) == []


def test_a_signature_that_covers_only_itself() -> None:
    root = etree.fromstring(signed_whole())
    info = one(root, f".//{ds('SignedInfo')}")
    info.remove(one(info, ds("Reference")))
    (found,) = verify_xml(resigned(root), trust(), NOW)
    assert {each.code for each in found.problems} == {"nothing-signed"}


def test_properties_that_are_not_signed_are_refused() -> None:
    root = etree.fromstring(signed_whole())
    info = one(root, f".//{ds('SignedInfo')}")
    info.remove(info.findall(ds("Reference"))[1])
    one(root, f".//{{{XADES}}}SigningTime").text = "2020-01-01T00:00:00Z"
    (found,) = verify_xml(resigned(root), trust(), NOW)
    assert {each.code for each in found.problems} == {"properties-not-signed"}


def test_a_certificate_of_the_same_key_under_another_name_is_noticed() -> None:
    """XAdES names the certificate, since a key may have several."""
    other = authority.issue("Tên khác", authority.ec_key(4), authority.middle())
    mine = dsig.text64(authority.doctor().certificate.public_bytes(Encoding.DER))
    theirs = dsig.text64(other.certificate.public_bytes(Encoding.DER))
    content = signed_whole().decode().replace(mine, theirs).encode()
    (found,) = verify_xml(content, trust(), NOW)
    assert {each.code for each in found.problems} == {"signing-certificate-differs"}


LAUGHS = b"""<!DOCTYPE n [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><n>&b;</n>"""


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not-xml"),
        (b"%PDF-1.7", "not-xml"),
        (b"<a>", "not-xml"),
        (b"<a xmlns:x='y'><z:b/></a>", "not-xml"),
        (LAUGHS, "doctype"),
        (b"<!DOCTYPE a SYSTEM 'http://127.0.0.1/a.dtd'><a/>", "doctype"),
        (b"<a>" * 101 + b"</a>" * 101, "too-deep"),
        (b"<a " + b" ".join(b'a%d="1"' % each for each in range(201)) + b"/>", "too-deep"),
        (
            b"<a " + b" ".join(b"xmlns:n%d='urn:x'" % each for each in range(301)) + b"/>",
            "too-many-namespaces",
        ),
        (b"<?xml version='1.0' encoding='no-such'?><a/>", "not-xml"),
        (b"\xff\xfe<a/>", "not-xml"),
    ],
)
def test_what_is_not_looked_at(content: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as fault:
        verify_xml(content, trust(), NOW)
    assert fault.value.code == code
    assert fault.value.message.vi


def test_a_namespace_may_be_declared_on_every_row() -> None:
    rows = b"".join(b"<row xmlns:x='urn:x' x:a='1'/>" for _ in range(1000))
    content = sign_xml(b"<a>" + rows + b"</a>", authority.doctor().key, NOW)
    (found,) = verify_xml(content, trust(), NOW)
    assert found.valid


def test_size_and_signatures_are_bounded() -> None:
    with pytest.raises(Unreadable) as fault:
        verify_xml(signed_whole(), trust(), NOW, most_bytes=1000)
    assert fault.value.code == "too-large"
    many = b"<a>" + f'<Signature xmlns="{DS}"/>'.encode() * 17 + b"</a>"
    with pytest.raises(Unreadable) as fault:
        verify_xml(many, trust(), NOW)
    assert fault.value.code == "too-many-signatures"


def test_many_references_to_a_large_part_end_soon() -> None:
    key = authority.doctor().key
    content = b'<a><b Id="b">' + b"x" * 20_000 + b"</b></a>"
    for _ in range(3):
        content = sign_xml(content, key, NOW, parts=("b",) * 12, plain=True)
    codes = {each.code for found in verify_xml(content, trust(), NOW) for each in found.problems}
    assert codes == {"too-much-work"}


def test_an_empty_store_trusts_nobody() -> None:
    (found,) = verify_xml(signed_whole(), TrustStore(), NOW)
    assert found.intact and {each.code for each in found.problems} == {"no-chain"}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_bytes_changed_anywhere_never_make_other_words_signed(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from([signed_part(), signed_whole()])))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        end = data.draw(st.integers(at, min(len(content), at + 40)))
        content[at:end] = data.draw(
            st.one_of(
                st.binary(max_size=20),
                st.sampled_from([b"", b"<", b">", b"'", b"&#0;", b"<!--", b"<x/>", b"</Body>"]),
            )
        )
    for text in what_is_said(bytes(content)):
        assert text in ("one", "one5") or text.startswith("one5")


_TREES = st.recursive(
    st.sampled_from([b"t", b"", b" "]),
    lambda inner: st.builds(
        lambda tag, attributes, parts: (
            b"<%s%s>%s</%s>" % (tag, b"".join(sorted(set(attributes))), b"".join(parts), tag)
        ),
        st.sampled_from(
            [b"a", *(b"ds:" + each for each in (b"Signature", b"SignedInfo", b"Reference",
             b"Transforms", b"Transform", b"DigestMethod", b"DigestValue", b"SignatureValue",
             b"CanonicalizationMethod", b"SignatureMethod", b"KeyInfo", b"X509Data", b"Object"))]
        ),
        st.lists(
            st.sampled_from([b' URI=""', b' Id="i"', f' Algorithm="{EXCLUSIVE}"'.encode(),
                             f' Target="{ENVELOPED}"'.encode()]),
            max_size=2,
        ),
        st.lists(inner, max_size=5),
    ),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(_TREES)
def test_any_shape_gets_an_answer_and_none_is_valid(inner: bytes) -> None:
    content = b'<r xmlns:ds="' + DS.encode() + b'">' + inner + b"</r>"
    for each in verify_xml(content, trust(), NOW):
        assert not each.valid and each.problems
