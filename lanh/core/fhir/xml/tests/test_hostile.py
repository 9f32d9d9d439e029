"""XML that is wrong or means harm is refused by name and place, within bounds."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanh.core.fhir import ParseError
from lanh.core.fhir.tests.samples import samples
from lanh.core.fhir.xml import from_xml, to_xml

_OPEN = '<Patient xmlns="http://hl7.org/fhir">'
_BOMB = (
    '<!DOCTYPE Patient [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    f'{_OPEN}<id value="&b;"/></Patient>'
)
_OUTSIDE = (
    '<!DOCTYPE Patient [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    f'{_OPEN}<text><div xmlns="http://www.w3.org/1999/xhtml">&x;</div></text></Patient>'
)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "", "empty"),
        ("<Patient", "", "well-formed"),
        (_BOMB, "", "DOCTYPE"),
        (_OUTSIDE, "", "DOCTYPE"),
        ('<Patient xmlns="urn:other"/>', "Patient", "namespace"),
        ('<Nothing xmlns="http://hl7.org/fhir"/>', "Nothing", "resource type"),
        (f"{_OPEN}<colour/></Patient>", "Patient", "<colour>"),
        (f'{_OPEN}<name><text value="a" more="b"/></name></Patient>', "Patient.name[0].text",
         "'more'"),
        (f'{_OPEN}<birthDate value="1980"/><active value="true"/></Patient>', "Patient", "order"),
        (f'{_OPEN}<active value="true"/><active value="true"/></Patient>', "Patient", "once"),
        (f"{_OPEN}<name/></Patient>", "Patient.name[0]", "empty element"),
        (f"{_OPEN}<active>true</active></Patient>", "Patient.active", "text between"),
        (f"{_OPEN}<contained><Group/><Group/></contained></Patient>", "Patient.contained[0]",
         "one resource"),
        (f"{_OPEN}<contained/></Patient>", "Patient.contained[0]", "empty element"),
        (f"{_OPEN}<text><div>x</div></text></Patient>", "Patient.text", "namespace"),
        ('<Patient xmlns="http://hl7.org/fhir" id="x"/>', "Patient", "'id'"),
        (f'<?xml version="1.0" encoding="ISO-8859-1"?>{_OPEN}</Patient>', "", "UTF-8"),
    ],
)  # fmt: skip
def test_faults_are_named_with_their_place(text: str, place: str, words: str) -> None:
    with pytest.raises(ParseError) as caught:
        from_xml(text)
    assert caught.value.issue.expression == place
    assert words in caught.value.message.en
    assert caught.value.message.vi != caught.value.message.en


def test_size_and_depth_are_bounded() -> None:
    with pytest.raises(ParseError, match="limit"):
        from_xml(_OPEN + " " * 2000 + "</Patient>", max_bytes=1000)
    deep = _OPEN + '<extension url="x">' * 5000 + "</extension>" * 5000 + "</Patient>"
    begun = time.perf_counter()
    with pytest.raises(ParseError, match="nested"):
        from_xml(deep)
    tags = '<div xmlns="http://www.w3.org/1999/xhtml">' + "<b>" * 5000
    with pytest.raises(ParseError, match="nested"):
        from_xml(f"{_OPEN}<text>{tags}")
    assert time.perf_counter() - begun < 2


def test_a_value_of_the_wrong_form_is_left_to_validation() -> None:
    found = from_xml(f'{_OPEN}<active value="maybe"/><birthDate value=" 1980 "/></Patient>')
    assert found == {"resourceType": "Patient", "active": "maybe", "birthDate": "1980"}


_WRITTEN = [to_xml(sample) for sample in samples()]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(_WRITTEN),
    st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=6)), min_size=1, max_size=4),
)
def test_damaged_bytes_are_read_or_refused(written: bytes, damage: list[tuple[int, bytes]]) -> None:
    broken = bytearray(written)
    for at, piece in damage:
        broken[at % len(broken) : at % len(broken) + len(piece)] = piece
    try:
        found = from_xml(bytes(broken))
    except ParseError:
        return
    assert from_xml(to_xml(found)) == found


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for given_bytes in (raw, _OPEN.encode() + raw + b"</Patient>"):
        try:
            from_xml(given_bytes)
        except ParseError:
            continue
