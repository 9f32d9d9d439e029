"""Fast acceptance never takes what the exact check refuses, and takes the usual forms."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from lanh.core.fhir.tests.samples import TYPES, sample, samples
from lanh.core.fhir.validation.acceptance import accepted
from lanh.core.fhir.validation.resource import exact_faults

_VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, Decimal("1.0"), Decimal("1E+2"), "", " ", "x", "a  b", "ấ",
    "2021-02-29", "2020-02-29", "2026-13-01", "0000-01-01", "2026-01-31T08:00:00", "\x01", "\u00a0",
    "2026-04-31T08:00:00Z", "2026-01-31T08:00:60Z", "Patient/p1", "Practitioner/1", "#x", "#",
    "urn:uuid:x", "http://a/Observation/1", "Patient/1/_history/1", "Patient/" + "x" * 65,
    "Patient?x=y", "final", "male", "mg", [], {}, [None], [{}], ["x"], ["x", None], {"x": 1},
    {"id": "x"}, {"text": "x"}, {"reference": "Patient/1"}, {"reference": "Group/1"},
    {"start": "2026-02-01", "end": "2026-01-01"}, {"value": 1, "code": "x"},
    {"extension": [{"url": "u", "valueCode": "c"}]}, [{"url": "u", "valueCode": "c"}],
    [{"url": "u"}], [{"url": "u", "valueCode": "c", "extension": [{"url": "u", "valueCode": "c"}]}],
    {"coding": [{"system": "urn:x", "code": "y"}]}, [{"text": "x"}], [{"system": "phone"}],
]  # fmt: skip
_KEYS = [
    "id", "extension", "text", "contained", "_status", "status", "value", "valueString", "period",
    "valueQuantity", "valuePeriod", "code", "system", "use", "reference", "type", "meta", "name",
    "language", "modifierExtension", "dataAbsentReason", "subject", "identifier", "note",
    "resource",
]  # fmt: skip


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (holder, key) inside a value."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield value, key
            yield from _places(item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield value, index
            yield from _places(item)


def _objects(value: Any) -> list[dict[str, Any]]:
    found = [value] if isinstance(value, dict) else []
    return found + [i for h, k in _places(value) if isinstance(h[k], dict) for i in [h[k]]]


def mutated(resource: dict[str, Any], choose: random.Random) -> dict[str, Any]:
    """The resource with one or two changes, most of which break it."""
    changed = copy.deepcopy(resource)
    for _ in range(choose.choice((1, 1, 2))):
        places = [(h, k) for h, k in _places(changed) if k != "resourceType"]
        if not places:
            return changed
        holder, key = choose.choice(places)
        match choose.randrange(5):
            case 0:
                del holder[key]
            case 1:
                holder[key] = copy.deepcopy(choose.choice(_VALUES))
            case 2:
                holder[key] = [copy.deepcopy(holder[key])]
            case 3:
                choose.choice(_objects(changed))[choose.choice(_KEYS)] = copy.deepcopy(
                    choose.choice(_VALUES)
                )
            case _:
                own, other = choose.choice(places)
                holder[key] = copy.deepcopy(own[other])
    return changed


@pytest.mark.parametrize("name", TYPES)
def test_nothing_is_taken_fast_that_the_exact_check_refuses(name: str) -> None:
    choose = random.Random(name)
    original = sample(name)
    original.pop("component", None)
    taken = refused = 0
    for _ in range(1500):
        resource = mutated(original, choose)
        if resource.get("resourceType") != name:
            continue
        if accepted(name, resource):
            taken += 1
            faults = exact_faults(name, resource)
            assert not faults, (resource, [(f.key, f.path) for f in faults])
        else:
            refused += 1
    assert refused > 500
    assert taken > 20 or name == "Bundle"


@pytest.mark.parametrize("resource", samples(), ids=lambda r: r["resourceType"])
def test_the_usual_forms_are_taken_fast(resource: dict[str, Any]) -> None:
    name = resource["resourceType"]
    # A value beside components needs obs-7, and a Bundle is judged entry by entry.
    resource.pop("component", None)
    assert accepted(name, resource) is (name != "Bundle")


def test_both_ways_agree_on_real_narrative() -> None:
    resource = sample("Organization")
    resource["text"] = {
        "status": "generated",
        "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Trạm</p></div>',
    }
    assert accepted("Organization", resource)
    resource["text"]["div"] = resource["text"]["div"].replace("<p>", '<p onclick="x">')
    assert not accepted("Organization", resource)
    assert exact_faults("Organization", resource)


def test_rules_checked_afterwards_reach_into_nested_parts() -> None:
    turned = {"start": "2026-02-01", "end": "2026-01-01"}
    term: dict[str, Any] = {"offer": {"text": "x"}, "group": [{"offer": {"text": "x"}}]}
    contract = {"resourceType": "Contract", "term": [term]}
    assert accepted("Contract", contract)
    term["group"][0]["applies"] = turned
    assert not accepted("Contract", contract)
    assert [f.key for f in exact_faults("Contract", contract)] == ["rule-per-1"]


def test_narrative_of_sections_is_checked() -> None:
    text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}
    section: dict[str, Any] = {"text": text, "section": [{"text": dict(text)}]}
    composition = {
        "resourceType": "Composition",
        "status": "final",
        "type": {"text": "x"},
        "date": "2026-01-31",
        "author": [{"reference": "Practitioner/d1"}],
        "title": "x",
        "section": [section],
    }
    assert accepted("Composition", composition)
    section["section"][0]["text"]["div"] = "<div>x"
    assert not accepted("Composition", composition)
    assert exact_faults("Composition", composition)
