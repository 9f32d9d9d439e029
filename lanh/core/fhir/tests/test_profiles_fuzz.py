"""Whatever a resource or a StructureDefinition holds, validation answers, and soon."""

from __future__ import annotations

import copy
import random
import time
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanh.core.fhir import Profiles, Unusable, validate, validate_logical
from lanh.core.fhir.definitions.published import published_profiles
from lanh.core.fhir.tests.profiling import BASE, Row, element, profile, sliced
from lanh.core.fhir.tests.samples import sample, samples
from lanh.core.fhir.tests.test_acceptance import mutated
from lanh.core.fhir.validation.profiles import Judgement, published
from lanh.core.fhir.validation.profiles.snapshot import Builder

_CODES = ["Patient", "HumanName", "string", "code", "Reference", "Extension", "Quantity", "X", ""]
_PATHS = [
    "Patient", "Patient.name", "Patient.name.given", "Patient.identifier", "Patient.contact.name",
    "Patient.deceased[x]", "Patient.deceasedBoolean", "Patient.extension", "Patient.link.other",
    "Patient.x", "Patient..", "", "Observation.value[x]", "Patient.identifier.type.coding.code",
]  # fmt: skip
_SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(
    ["", "*", "0", "1", "x", "male", "$this", "value", "resolve()", "system", "type", "(", "a.b.c"]
)  # fmt: skip
_JSON = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["coding", "code", "system", "value", "url", "type", "path", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
_ROW = st.fixed_dictionaries(
    {"path": st.sampled_from(_PATHS) | _JSON},
    optional={
        "id": st.sampled_from(_PATHS) | st.sampled_from(["Patient.name:a", "Patient:x.name:b.c"]),
        "sliceName": st.sampled_from(["a", "b", "a/b", "@default", "/", "deceasedBoolean"]) | _JSON,
        "min": _SCALARS,
        "max": _SCALARS,
        "type": st.lists(
            st.fixed_dictionaries(
                {"code": st.sampled_from(_CODES)},
                optional={"profile": st.just([BASE + "P"]) | _JSON, "targetProfile": _JSON},
            ),
            max_size=2,
        )
        | _JSON,
        "fixedString": _JSON,
        "patternCodeableConcept": _JSON,
        "minValueInteger": _JSON,
        "maxLength": _JSON,
        "binding": st.fixed_dictionaries(
            {
                "strength": st.sampled_from(["required", "extensible"]),
                "valueSet": st.just("http://hl7.org/fhir/ValueSet/marital-status"),
            }
        )
        | _JSON,
        "constraint": st.lists(
            st.fixed_dictionaries(
                {"key": st.just("k"), "expression": st.sampled_from(["name.given = 1", "(", "x"])}
            ),
            max_size=1,
        )
        | _JSON,
        "slicing": st.fixed_dictionaries(
            {},
            optional={
                "rules": st.sampled_from(["open", "closed", "openAtEnd"]),
                "ordered": st.booleans(),
                "discriminator": st.lists(
                    st.fixed_dictionaries(
                        {
                            "type": st.sampled_from(
                                ["value", "pattern", "exists", "type", "profile", "x"]
                            ),
                            "path": st.sampled_from(
                                ["$this", "system", "type.coding", "resolve()", "x.y", "(", ""]
                            ),
                        }
                    ),
                    max_size=2,
                )
                | _JSON,
            },
        )
        | _JSON,
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_ROW, min_size=1, max_size=6), st.integers(0, 10**6))
def test_no_differential_makes_validation_fail(rows: list[Row], seed: int) -> None:
    made = profile("P", element("Patient"))
    made["differential"]["element"] = rows
    registry = Profiles([made])
    resource = mutated(sample("Patient"), random.Random(seed))
    for warnings in (False, True):
        validate(resource, profiles=registry, named=[BASE + "P"], warnings=warnings)
    logical = made | {"kind": "logical", "derivation": "specialization"}
    with suppress(Unusable):
        validate_logical(logical, resource)


def test_no_resource_makes_validation_fail() -> None:
    choose = random.Random(7)
    for resource in samples():
        for _ in range(60):
            changed = mutated(mutated(resource, choose), choose)
            for warnings in (False, True):
                validate(changed, warnings=warnings)


def _bound(depth: int) -> Any:
    value: Any = {"url": "http://x", "valueCode": "x"}
    for _ in range(depth):
        value = {"url": "http://x", "extension": [value]}
    return value


def test_deep_and_wide_resources_are_judged_soon() -> None:
    start = time.process_time()
    deep = sample("Patient")
    deep["extension"] = [_bound(40)]
    assert validate(deep) == []
    wide = sample("Patient")
    wide["identifier"] = [{"system": "urn:x", "value": str(n)} for n in range(3000)]
    slices = [
        row
        for n in range(20)
        for row in (
            element(f"Patient.identifier:s{n}"),
            element(f"Patient.identifier:s{n}.system", fixedUri=f"urn:{n}"),
        )
    ]
    made = profile("P", sliced("Patient.identifier", ("value", "system")), *slices)
    assert validate(wide, profiles=Profiles([made]), named=[BASE + "P"]) == []
    assert time.process_time() - start < 20


def test_profiles_of_each_other_end() -> None:
    rows = [
        element("Patient.link.other", type=[{"code": "Reference", "targetProfile": [BASE + "P"]}]),
        element("Patient.contained", type=[{"code": "Patient", "profile": [BASE + "P"]}]),
    ]
    resource = sample("Patient")
    inner = {"resourceType": "Patient", "id": "a", "name": [{"text": "x"}],
             "link": [{"other": {"reference": "#a"}, "type": "seealso"}]}  # fmt: skip
    resource["contained"] = [inner]
    resource["link"] = [{"other": {"reference": "#a"}, "type": "seealso"}]
    registry = Profiles([profile("P", *rows)])
    assert validate(resource, profiles=registry, named=[BASE + "P"]) == []


def test_every_published_profile_has_a_tree() -> None:
    registry = published()
    unclear = [
        url
        for url in published_profiles()
        if (found := registry.profile(url)) is None or found.problems
    ]
    # An example of the standard that tells its slices by profiles of elements.
    assert unclear == ["http://hl7.org/fhir/StructureDefinition/example-composition"]


def test_quick_acceptance_never_takes_what_the_judgement_refuses() -> None:
    choose = random.Random(11)
    rows = [
        element("Patient.name", min=1, max="2"),
        element("Patient.name.family", min=1, maxLength=8),
        element("Patient.gender", fixedCode="female"),
        element("Patient.deceasedBoolean", min=0),
        sliced("Patient.identifier", ("value", "system")),
        element("Patient.identifier:id", min=1, max="1"),
        element("Patient.identifier:id.system", fixedUri="urn:id"),
        element("Patient.identifier:id.value", min=1),
        element("Patient.managingOrganization.display", max="0"),
        element("Patient.contact.name", min=1),
    ]
    registry = Profiles([profile("P", *rows)])
    found = registry.profile(BASE + "P")
    assert found is not None
    taken = 0
    for _ in range(3000):
        resource = mutated(sample("Patient"), choose)
        if resource.get("resourceType") != "Patient" or validate(resource):
            continue
        if found.accepts(resource, lambda _: None):
            taken += 1
            judgement = Judgement(registry, _node(resource), lambda _: None)
            assert judgement.by_profile(BASE + "P", _node(resource)) == [], resource
    assert taken > 300


def _node(resource: Row) -> Any:
    from lanh.core.fhir.path import Node

    return Node(resource, "Patient")


def test_a_snapshot_says_what_its_differential_says() -> None:
    """A tree made of a whole snapshot judges as the differential on its base does."""
    rows = [element("Patient.name", min=1), element("Patient.name.family", min=1)]
    made = profile("P", *rows)
    whole = copy.deepcopy(made)
    del whole["differential"]
    whole["snapshot"] = {"element": [
        element("Patient", min=0, max="*"),
        element("Patient.id", min=0, max="1",
                type=[{"code": "http://hl7.org/fhirpath/System.String"}]),
        element("Patient.name", min=1, max="*", type=[{"code": "HumanName"}]),
        element("Patient.name.family", min=1, max="1", type=[{"code": "string"}]),
        element("Patient.contact", min=0, max="*", type=[{"code": "BackboneElement"}]),
    ]}  # fmt: skip
    for resource in (sample("Patient"), {"resourceType": "Patient", "name": [{"text": "x"}]}):
        one, two = (
            [i.expression for i in validate(resource, profiles=Profiles([p]), named=[p["url"]])]
            for p in (made, whole)
        )
        assert one == two
    assert Builder.__doc__
