"""JSON to XML and back says the same, for anything; XML of others is read as they meant it."""

from __future__ import annotations

import gzip
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings

from lanh.core import fhir
from lanh.core.fhir.tests.samples import samples
from lanh.core.fhir.xml import from_xml, to_xml
from lanh.core.fhir.xml.tests.made import resources

_PATIENT = """<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment --><Patient xmlns="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml">
  <id value="p1"/>
  <text><status value="generated"/><h:div>Bà <h:b>Thử</h:b> &amp; con</h:div></text>
  <contained><Organization><id value="o1"/><name value="Trạm"/></Organization></contained>
  <extension url="urn:e"><valueDecimal value="1.00"/></extension>
  <name id="n1"><given value="A"/><given id="g2"/><given value=" B&#10;C "/></name>
  <birthDate value="1980"><extension url="urn:when"><valueBoolean value="true"/></extension>
  </birthDate>
  <multipleBirthInteger value="2"/>
  <managingOrganization><reference value="#o1"/></managingOrganization>
</Patient>"""


def test_each_form_of_content_is_read() -> None:
    found = from_xml(_PATIENT)
    assert found == {
        "resourceType": "Patient",
        "id": "p1",
        "text": {
            "status": "generated",
            "div": '<div xmlns="http://www.w3.org/1999/xhtml">Bà <b>Thử</b> &amp; con</div>',
        },
        "contained": [{"resourceType": "Organization", "id": "o1", "name": "Trạm"}],
        "extension": [{"url": "urn:e", "valueDecimal": Decimal("1.00")}],
        "name": [
            {"id": "n1", "given": ["A", None, " B\nC "], "_given": [None, {"id": "g2"}, None]}
        ],
        "birthDate": "1980",
        "_birthDate": {"extension": [{"url": "urn:when", "valueBoolean": True}]},
        "multipleBirthInteger": 2,
        "managingOrganization": {"reference": "#o1"},
    }
    assert str(found["extension"][0]["valueDecimal"]) == "1.00"
    assert b'<valueDecimal value="1.00"/>' in to_xml(found)


def test_elements_are_written_in_the_order_of_the_definition() -> None:
    written = to_xml({"birthDate": "1980", "resourceType": "Patient", "active": True, "id": "x"})
    assert re.findall(rb"<(\w+) value", written) == [b"id", b"active", b"birthDate"]


def test_the_names_of_html_become_characters_that_xml_knows() -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml">a&nbsp;b&hellip;&lt;</div>'
    found = from_xml(to_xml({"resourceType": "Patient", "text": {"div": div}}))
    assert found["text"]["div"] == div.replace("&nbsp;", "&#160;").replace("&hellip;", "&#8230;")


def test_a_narrative_cannot_break_out() -> None:
    broken = '<div xmlns="http://www.w3.org/1999/xhtml">a</div></text><active value="false"/><text>'
    written = to_xml({"resourceType": "Patient", "text": {"div": broken}, "active": True})
    assert from_xml(written)["active"] is True


def test_samples_come_back_and_stay_valid() -> None:
    for sample in samples():
        for pretty in (False, True):
            back = from_xml(to_xml(sample, pretty=pretty))
            assert back == sample
            assert fhir.validate(back) == []


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(resources())
def test_whatever_fhir_can_say_comes_back(resource: dict[str, Any]) -> None:
    back = from_xml(to_xml(resource))
    assert back == resource
    again = fhir.loads(fhir.dumps(back))
    assert fhir.dumps(again) == fhir.dumps(back)


def test_examples_of_hl7_come_back(test_data: Path) -> None:
    folder = test_data / "conformance" / "fhir-r4-examples"
    count = 0
    for file in sorted(folder.glob("*.json")):
        resource = fhir.loads(file.read_bytes())
        back = from_xml(to_xml(resource))
        assert back == resource, file.name
        assert sorted(_numbers(back)) == sorted(_numbers(resource)), file.name
        count += 1
    assert count >= 38


def _numbers(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [each for item in value.values() for each in _numbers(item)]
    if isinstance(value, list):
        return [each for item in value for each in _numbers(item)]
    return [str(value)] if isinstance(value, int | Decimal) else []


def test_examples_of_hl7_in_both_forms_say_the_same(test_data: Path) -> None:
    folder = test_data / "conformance" / "fhir-r4-examples"
    files = sorted(folder.glob("*.xml"))
    assert len(files) >= 5
    for file in files:
        read = from_xml(file.read_bytes())
        assert from_xml(to_xml(read)) == read
        beside = file.with_suffix(".json")
        # The observation was published with an extension in its XML only.
        if beside.exists() and file.name != "observation-example.xml":
            assert read == fhir.loads(beside.read_bytes()), file.name


def test_bundles_of_synthea_come_back(test_data: Path) -> None:
    with gzip.open(test_data / "fhir-synthea-r4" / "bundles-01.ndjson.gz") as lines:
        for number, line in enumerate(lines):
            if number == 3:
                break
            bundle = fhir.loads(line)
            assert from_xml(to_xml(bundle)) == bundle
