"""Options of a validation, and links in Bundles by R4's rules of resolution (R4 2.36.4.1)."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.core.fhir import PathEnvironment, Profiles, ValidationOptions, validate
from lanh.core.fhir.tests.profiling import CORE, Row, element, profile
from lanh.core.fhir.tests.samples import sample

OK: list[tuple[str, str]] = []


def told(resource: Row, registry: Profiles | None = None, **asked: Any) -> list[tuple[str, str]]:
    """(code, expression) of each error."""
    outside = asked.pop("outside", PathEnvironment())
    options = ValidationOptions(**asked)
    issues = validate(resource, profiles=registry, options=options, outside=outside)
    assert all(issue.message.vi != issue.message.en for issue in issues)
    return [(issue.code, issue.expression) for issue in issues]


def note(reference: str, **more: Any) -> Row:
    made: Row = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    return made | {"subject": {"reference": reference}} | more


def test_what_the_text_of_a_reference_counts_for() -> None:
    kind = [{"code": "Reference", "targetProfile": [CORE + "Patient"]}]
    own = profile("O", element("Observation.subject", type=kind), of="Observation")
    registry = Profiles([own])
    registry.bind("Observation", own["url"])
    where = [("value", "Observation.subject.reference")]
    assert told(note("Group/1"), registry) == where
    assert told(note("Group/1"), registry, references="open") == OK
    known = PathEnvironment(resolve=lambda text: PERSON if text == "Patient/1" else None)
    absent = [("not-found", "Observation.subject.reference")]
    assert told(note("Patient/1"), references="exist", outside=known) == OK
    assert told(note("Patient/2"), references="exist", outside=known) == absent
    assert told(note("Patient/2"), references="exist") == absent
    assert told(note("http://a.vn/Patient/2"), references="exist") == OK
    group: Row = {"resourceType": "Parameters", "parameter": [
        {"name": "a", "resource": PERSON},
        {"name": "b", "resource": note("Patient/1")}]}  # fmt: skip
    assert told(group, references="exist") == OK


PERSON: Row = {"resourceType": "Patient", "id": "1", "name": [{"text": "x"}]}


def test_example_addresses() -> None:
    resource = PERSON | {"extension": [{"url": "http://example.org/x", "valueString": "x"}]}
    assert told(resource) == OK
    assert told(resource, examples=False) == [("value", "Patient.extension[0].url")]
    resource["extension"][0]["url"] = "http://example.organic.vn/x"
    assert told(resource, examples=False) == OK


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("a <script>b</script>", True), ("</b>", True), ("<br/>", True), ("<img src=x>", True),
        ("a < b", False), ("5 <6> 7", False), ("<= 3 and > 2", False), ("ă <- á", False),
    ],
)  # fmt: skip
def test_texts_that_look_like_tags(text: str, refused: bool) -> None:
    resource = PERSON | {"name": [{"text": text}]}
    assert told(resource) == OK
    assert told(resource, tags=False) == ([("security", "Patient.name[0].text")] if refused else OK)


def test_tags_in_markdown() -> None:
    resource = note("Patient/1", note=[{"text": "a <b>c</b>"}])
    assert told(resource) == OK
    assert told(resource, markdown_tags=False) == [("value", "Observation.note[0].text")]
    resource["note"][0]["text"] = "a \\<b> and 3 < 4"
    assert told(resource, markdown_tags=False) == OK


def test_contained_resources_may_be_left_alone() -> None:
    resource = PERSON | {"contained": [{"resourceType": "Practitioner", "id": "x" * 65}]}
    assert {code for code, _ in told(resource)} == {"invariant", "value"}
    assert told(resource, contained=False) == OK


def test_a_profile_for_one_entry() -> None:
    rows = profile("N", element("Patient.photo", min=1))
    held: Row = {"resourceType": "Bundle", "type": "collection", "entry": [
        {"resource": sample("Observation")}, {"resource": PERSON}]}  # fmt: skip
    asked = (("Patient", 0, rows["url"]),)
    where = [("required", "Bundle.entry[1].resource.photo")]
    assert told(held, Profiles([rows]), entries=asked) == where
    assert told(held, Profiles([rows]), entries=(("Patient", 1, rows["url"]),)) == OK


@pytest.mark.parametrize("text", ["urn:uuid:1", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520"])
def test_addresses_that_the_strict_refuse(text: str) -> None:
    resource = PERSON | {"implicitRules": text}
    assert told(resource) == OK
    assert told(resource, strict=True) == [("value", "Patient.implicitRules")]
    whole = PERSON | {"implicitRules": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}
    assert told(whole, strict=True) == OK


def test_a_relative_canonical_is_a_doubt_unless_strict() -> None:
    form: Row = {"resourceType": "Measure", "status": "draft", "library": ["Library/x"]}
    assert told(form) == OK
    assert ("value", "Measure.library[0]") in told(form, strict=True)


# Links in Bundles.

OWN = "http://a.vn/fhir/"


def document(*references: str, entries: list[Row], base: str = OWN + "Composition/c") -> Row:
    paper: Row = {
        "resourceType": "Composition", "id": "c", "status": "final", "type": {"text": "x"},
        "date": "2026-01-31", "title": "x", "author": [{"display": "x"}],
        "section": [{"title": "x", "entry": [{"reference": text} for text in references]}],
    }  # fmt: skip
    return {
        "resourceType": "Bundle", "type": "document", "timestamp": "2026-01-31T08:00:00Z",
        "identifier": {"system": "urn:d", "value": "1"},
        "entry": [{"fullUrl": base, "resource": paper}, *entries],
    }  # fmt: skip


def person(url: str, version: str | None = None) -> Row:
    meta = {"meta": {"versionId": version}} if version else {}
    return {"fullUrl": url, "resource": PERSON | meta}


HERE, THERE = OWN + "Patient/1", "http://b.vn/fhir/Patient/1"
AT = "Bundle.entry[0].resource.section[0].entry[0].reference"


@pytest.mark.parametrize(
    ("text", "entries", "expected"),
    [
        ("Patient/1", [person(HERE)], OK),
        ("Patient/1", [person(THERE)], [("not-found", AT)]),
        ("Patient/1", [person("urn:uuid:c757873d-ec9a-4326-a141-556f43239520")],
         [("not-found", AT)]),
        (THERE, [person(THERE)], OK),
        ("Patient/1", [person(HERE, "1"), person(HERE, "2")], [("duplicate", AT)]),
        ("Patient/1/_history/2", [person(HERE, "1"), person(HERE, "2")], OK),
        ("Patient/1/_history/3", [person(HERE, "1"), person(HERE, "2")], [("not-found", AT)]),
    ],
)  # fmt: skip
def test_a_document_refers_by_full_addresses(
    text: str, entries: list[Row], expected: list[tuple[str, str]]
) -> None:
    assert told(document(text, entries=entries)) == expected


def test_a_relative_reference_beside_urns_leads_to_the_urn_of_its_id() -> None:
    uuid = "c757873d-ec9a-4326-a141-556f43239520"
    unnamed = {key: value for key, value in PERSON.items() if key != "id"}
    held: Row = {"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": "urn:uuid:" + uuid, "resource": unnamed},
        {"fullUrl": "urn:uuid:c757873d-ec9a-4326-a141-556f43239521",
         "resource": note(f"Patient/{uuid}")}]}  # fmt: skip
    assert told(held) == OK
    held["entry"][1]["resource"] = note(f"Group/{uuid}")
    assert told(held) == [("value", "Bundle.entry[1].resource.subject.reference")]


# Narrative, periods and parts of extensions, where the judgement is strict.


@pytest.mark.parametrize(
    ("inside", "refused"),
    [
        ('<a href="#a">x</a>', True),
        ('<a href="#a">x</a><p id="a">y</p>', False),
        ('<a href="#a">x</a><a name="a">y</a>', False),
        ('<a href="#n">x</a>', False),
        ('<a href="http://a.vn/#a">x</a>', False),
        ("a&nbsp;b", True),
        ("a&#160;b &amp; c", False),
    ],
)
def test_narrative_of_the_strict(inside: str, refused: bool) -> None:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{inside}</div>'
    resource = PERSON | {"text": {"status": "generated", "div": div}}
    resource["name"] = [{"id": "n", "text": "x"}]
    assert told(resource) == OK
    assert bool(told(resource, strict=True)) is refused


def test_links_between_the_entries_of_a_bundle() -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml"><a href="#2">x</a></div>'
    first = PERSON | {"text": {"status": "generated", "div": div}}
    held: Row = {"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": HERE, "resource": first},
        {"fullUrl": OWN + "Patient/2", "resource": PERSON | {"id": "2"}}]}  # fmt: skip
    assert told(held, strict=True) == OK
    held["entry"].pop()
    assert told(held, strict=True) == [("invalid", "Bundle.entry[0].resource.text.div")]


@pytest.mark.parametrize(
    ("end", "refused"),
    [("2026-01-31T08:00:00Z", True), ("2026-01-31", False), ("2026-02-01T08:00:00Z", False)],
)
def test_ends_of_a_period_that_have_no_order(end: str, refused: bool) -> None:
    period = {"start": "2026-01-31", "end": end}
    resource = PERSON | {"name": [{"text": "x", "period": period}]}
    assert told(resource) == OK
    assert told(resource, strict=True) == (
        [("invariant", "Patient.name[0].period")] if refused else OK
    )


def test_parts_that_an_extension_does_not_define() -> None:
    kind = {"coding": [{"system": "http://hl7.org/fhir/animal-species", "code": "canislf"}]}
    parts: list[Row] = [{"url": "species", "valueCodeableConcept": kind}]
    resource = PERSON | {"extension": [{"url": CORE + "patient-animal", "extension": parts}]}
    assert told(resource, strict=True) == OK
    parts.append({"url": "colour", "valueString": "x"})
    assert told(resource) == OK
    assert told(resource, strict=True) == [("structure", "Patient.extension[0].extension[1]")]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"meta": {"tag": [{"system": "urn:t", "code": "a"}] * 2}}, "meta.tag[1]"),
        ({"meta": {"security": [{"system": "urn:t", "code": "a"}] * 2}}, "meta.security[1]"),
        ({"meta": {"profile": ["http://a.vn/p|"]}}, "meta.profile[0]"),
        ({"implicitRules": "http://a.vn/{x}"}, "implicitRules"),
        ({"maritalStatus": {"coding": [{"system": "http://hl7.org/fhir/ValueSet/marital-status",
                                        "code": "M"}]}}, "maritalStatus.coding[0].system"),
        ({"managingOrganization": {"reference": "Organization?a=1&?=="}},
         "managingOrganization.reference"),
        ({"text": {"status": "generated", "div":
                   '<div xmlns="http://www.w3.org/1999/xhtml"><p>a<b><p>b</p></b></p></div>'}},
         "text.div"),
    ],
)  # fmt: skip
def test_more_that_only_the_strict_refuse(changes: Row, where: str) -> None:
    resource = PERSON | changes
    assert told(resource) == OK
    assert [place for _, place in told(resource, strict=True)] == [f"Patient.{where}"]


@pytest.mark.parametrize(
    ("text", "stated", "good"),
    [
        ("Patient/1", "Patient", True), ("Patient/1", "Group", False),
        ("http://a.vn/Patient/1", "Group", False), ("urn:uuid:" + "0" * 8, "Group", True),
        ("Patient/1", "http://a.vn/own", True),
    ],
)  # fmt: skip
def test_a_stated_type_agrees_with_the_reference(text: str, stated: str, good: bool) -> None:
    resource = note(text)
    resource["subject"]["type"] = stated
    where = [("value", "Observation.subject.type")]
    assert told(resource) == (OK if good else where)
