"""Search values: every kind of parameter, and the ranges that precision gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.core import fhir
from lanh.core.fhir.search.extraction import not_extracted
from lanh.core.fhir.tests.samples import sample

_ZONE = fhir.LOCAL_ZONE


def _extracted(resource: dict[str, Any], **fields: Any) -> fhir.SearchValues:
    return fhir.extract({**resource, **fields})


def test_every_default_parameter_is_extracted_but_one_condition() -> None:
    assert not_extracted() == {
        ("Patient", "deceased"): "Patient.deceased.exists() and Patient.deceased != false"
    }


def test_a_patient_is_found_by_all_parts() -> None:
    values = fhir.extract(sample("Patient"))
    assert values.tokens["_id"] == [(None, "p1")]
    assert values.tokens["identifier"] == [("urn:id", "097000000001")]
    assert values.tokens["gender"] == [(None, "female")]
    assert values.tokens["phone"] == values.tokens["telecom"] == [(None, "0900000000")]
    assert "email" not in values.tokens
    assert values.tokens["deceased"] == [(None, "false")]
    assert values.tokens["_tag"] == [("urn:x", "demo")]
    assert set(values.strings["name"]) == {"Nguyễn Thị Thử", "Nguyễn", "Thị", "Thử"}
    assert values.strings["family"] == ["Nguyễn"]
    assert values.strings["given"] == ["Thị", "Thử"]
    assert set(values.strings["address"]) == {"Số 1", "Xã Thử", "Tỉnh Thử"}
    assert values.strings["address-city"] == ["Xã Thử"]
    assert values.references["organization"] == [("Organization", "o1")]
    assert values.uris["_profile"] == ["http://example.vn/p|1.0", "http://example.vn/p"]
    low = datetime(1980, 2, 28, tzinfo=_ZONE)
    assert values.dates["birthdate"] == [(low, low + timedelta(days=1))]
    moment = datetime(2026, 1, 31, 1, 30, 0, 123000, tzinfo=UTC)
    assert values.dates["_lastUpdated"] == [(moment, moment + timedelta(milliseconds=1))]


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [("deceasedBoolean", True, "true"), ("deceasedBoolean", False, "false"),
     ("deceasedDateTime", "2026-01-01", "true"), ("active", True, "false")],
)  # fmt: skip
def test_deceased(field: str, value: Any, expected: str) -> None:
    values = fhir.extract({"resourceType": "Patient", field: value})
    assert values.tokens["deceased"] == [(None, expected)]


def test_an_observation_is_found_by_what_it_measures() -> None:
    values = fhir.extract(sample("Observation"))
    assert values.tokens["code"] == [("http://loinc.org", "718-7")]
    assert values.references["subject"] == values.references["patient"] == [("Patient", "p1")]
    assert values.references["encounter"] == [("Encounter", "e1")]
    exact = (Decimal("13.50"), Decimal("13.50"), "http://unitsofmeasure.org", "g/dL", "g/dL")
    assert values.quantities["value-quantity"] == [exact]
    assert values.quantities["combo-value-quantity"] == [exact]
    assert "code-value-quantity" not in values.quantities


@pytest.mark.parametrize(
    ("value", "expected"),
    [({"value": 5, "comparator": "<"}, (Decimal("-Infinity"), Decimal(5), None, None, None)),
     ({"value": 5, "comparator": ">=", "unit": "mg"},
      (Decimal(5), Decimal("Infinity"), None, None, "mg"))],
)  # fmt: skip
def test_a_comparator_opens_a_quantity(value: dict[str, Any], expected: Any) -> None:
    values = _extracted({"resourceType": "Observation"}, valueQuantity=value)
    assert values.quantities["value-quantity"] == [expected]


def test_sampled_data_span_their_numbers() -> None:
    sampled = {"origin": {"value": 1, "unit": "mV"}, "period": 1, "dimensions": 1, "factor": 2,
               "data": "0 E 3 U -1"}  # fmt: skip
    values = _extracted({"resourceType": "Observation"}, valueSampledData=sampled)
    assert values.quantities["value-quantity"] == [(Decimal(-1), Decimal(7), None, None, "mV")]


def test_money_and_ranges() -> None:
    values = _extracted({"resourceType": "Invoice"}, totalNet={"value": 5, "currency": "VND"})
    assert values.quantities["totalnet"] == [
        (Decimal(5), Decimal(5), "urn:iso:std:iso:4217", "VND", None)
    ]
    onset = {"low": {"value": 10, "unit": "a"}}
    values = _extracted({"resourceType": "Condition"}, onsetRange=onset)
    assert values.quantities["onset-age"] == [(Decimal(10), Decimal("Infinity"), None, None, "a")]


def test_references_by_type_address_and_identifier() -> None:
    texts = ("Patient/1", "Practitioner/2", "http://a.vn/fhir/Patient/3", "urn:uuid:4", "#5")
    actor: list[Any] = [{"actor": {"reference": text}} for text in texts]
    actor.append({"actor": {"type": "Location", "identifier": {"system": "s", "value": "v"}}})
    values = _extracted({"resourceType": "Appointment"}, participant=actor)
    assert values.references["patient"] == [("Patient", "1"), "http://a.vn/fhir/Patient/3"]
    assert values.references["practitioner"] == [("Practitioner", "2")]
    assert values.references["actor"] == [
        ("Patient", "1"), ("Practitioner", "2"), "http://a.vn/fhir/Patient/3", "urn:uuid:4",
    ]  # fmt: skip
    assert values.tokens["location:identifier"] == [("s", "v")]


def test_choices_filters_and_indexers() -> None:
    values = _extracted({"resourceType": "Condition"}, onsetString="lúc nhỏ")
    assert values.strings["onset-info"] == ["lúc nhỏ"]
    assert not values.dates
    related = [{"type": "successor", "resource": "http://a|1"}, {"type": "citation"}]
    values = _extracted({"resourceType": "Library"}, relatedArtifact=related)
    assert values.references == {"successor": ["http://a|1", "http://a"]}
    first = {"resourceType": "Composition", "id": "c"}
    values = fhir.extract(
        {"resourceType": "Bundle", "entry": [{"resource": first}, {"resource": {"id": "x"}}]}
    )
    assert values.references["composition"] == [("Composition", "c")]


def test_a_timing_counts_by_its_outer_limits() -> None:
    timing = {"event": ["2026-01-03", "2026-01-01"]}
    values = _extracted({"resourceType": "ServiceRequest"}, occurrenceTiming=timing)
    assert values.dates["occurrence"] == [
        (datetime(2026, 1, 1, tzinfo=_ZONE), datetime(2026, 1, 4, tzinfo=_ZONE))
    ]


def test_a_period_may_be_open() -> None:
    values = _extracted({"resourceType": "Encounter"}, period={"start": "2026-01-01"})
    assert values.dates["date"] == [(datetime(2026, 1, 1, tzinfo=_ZONE), fhir.LATEST)]


@pytest.mark.parametrize("kind", sorted(fhir.RESOURCE_TYPES))
def test_values_of_a_wrong_kind_are_passed_over(kind: str) -> None:
    for wrong in (None, 1, "x", [], {}, [1], [None], {"coding": 1}, [{"coding": [None]}]):
        names = {p.expression.split(".")[1].split(" ")[0].strip(")") for p in
                 fhir.search_parameters(kind) if p.expression and "." in p.expression}  # fmt: skip
        fhir.extract({"resourceType": kind, **dict.fromkeys(names, wrong)})


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("2026", (2026, 1, 1), (2027, 1, 1)), ("2026-12", (2026, 12, 1), (2027, 1, 1)),
     ("2026-02-28", (2026, 2, 28), (2026, 3, 1)),
     ("2026-02-28T10:15", (2026, 2, 28, 10, 15), (2026, 2, 28, 10, 16)),
     ("2026-02-28T10:15:20", (2026, 2, 28, 10, 15, 20), (2026, 2, 28, 10, 15, 21)),
     ("2026-02-28T10:15+07:00", (2026, 2, 28, 10, 15), (2026, 2, 28, 10, 16)),
     ("2026-02-28T03:15:20Z", (2026, 2, 28, 10, 15, 20), (2026, 2, 28, 10, 15, 21)),
     ("2026-02-28T10:15:20.5+07:00", (2026, 2, 28, 10, 15, 20, 500000),
      (2026, 2, 28, 10, 15, 20, 600000))],
)  # fmt: skip
def test_a_date_is_as_long_as_it_is_written(text: str, low: Any, high: Any) -> None:
    low_moment, high_moment = datetime(*low), datetime(*high)  # noqa: DTZ001
    assert fhir.date_range(text) == (
        low_moment.replace(tzinfo=_ZONE),
        high_moment.replace(tzinfo=_ZONE),
    )


@pytest.mark.parametrize("text", ["", "x", "2026-13", "2026-02-30", "20260101", "2026-1-1"])
def test_what_is_no_date_has_no_range(text: str) -> None:
    assert fhir.date_range(text) is None


@given(st.datetimes().filter(lambda moment: 1 < moment.year < 9999))
def test_longer_writing_lies_inside_shorter(moment: datetime) -> None:
    text = moment.isoformat(timespec="microseconds")
    ranges = [fhir.date_range(text[:size]) for size in (4, 7, 10, 16, 19, 23, 26)]
    for wide, narrow in pairwise(ranges):
        assert wide is not None
        assert narrow is not None
        assert wide[0] <= narrow[0] < narrow[1] <= wide[1]


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [("100", "99.5", "100.5"), ("100.00", "99.995", "100.005"), ("1E+2", "95", "105"),
     ("-5.4", "-5.45", "-5.35"), ("0", "-0.5", "0.5")],
)  # fmt: skip
def test_a_number_searched_for_is_as_wide_as_its_precision(value: str, low: str, high: str) -> None:
    assert fhir.number_range(Decimal(value)) == (Decimal(low), Decimal(high))


def test_parameters_are_those_of_the_type_and_of_all() -> None:
    names = {p.name for p in fhir.search_parameters("Observation")}
    assert {
        "_id",
        "_lastUpdated",
        "_tag",
        "code",
        "patient",
        "value-quantity",
        "combo-code",
    } <= names
    assert "_text" in names
    assert "_text" not in {p.name for p in fhir.search_parameters("Bundle")}
    composite = fhir.search_parameter("Observation", "code-value-quantity")
    assert composite is not None
    assert [name for name, _ in composite.components] == ["code", "value-quantity"]
    with pytest.raises(KeyError):
        fhir.search_parameters("Observations")
