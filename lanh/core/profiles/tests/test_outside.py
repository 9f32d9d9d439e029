"""Judgements that ask the terminology and the store, and what `$validate` is told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from lanh.core.database import SyncDatabase, fetch
from lanh.core.profiles import NotConforming
from lanh.core.profiles.tests.scene import (
    COUNTRY,
    URL,
    Json,
    Scene,
    basic,
    element,
    hospital,
    profile,
)
from lanh.core.terminology import CodeSystem, Concept, load
from lanh.core.terminology.tests.samples import CARE, CARES, value_set
from lanh.core.text import Words

SET = "urn:test:wards"


def bound(value_set: str, strength: str = "required") -> Json:
    """A profile that binds Basic.code."""
    return profile("bound", element("Basic.code", binding={"strength": strength,
                                                           "valueSet": value_set}))  # fmt: skip


def coded(name: str, code: str, system: str = CARE, **more: Any) -> Json:
    """A Basic with a code that says it keeps `bound`."""
    return basic(name, "bound", code={"coding": [{"system": system, "code": code}]}, **more)


@pytest.fixture
def scene(database: SyncDatabase) -> Scene:
    made = Scene(database)
    wards = value_set(SET, {"system": CARE, "concept": [{"code": "in"}, {"code": "in-icu"}]})
    made.put({**CARES, "id": "cares"}, {**wards, "id": "wards"}, bound(SET))
    return made


def test_a_binding_is_judged_by_the_stored_value_set(scene: Scene) -> None:
    scene.put(coded("a", "in"))
    with pytest.raises(NotConforming) as refused:
        scene.put(coded("b", "out"))
    assert [issue.code for issue in refused.value.issues] == ["code-invalid"]
    wards = value_set(SET, {"system": CARE, "concept": [{"code": "out"}]})
    scene.put({**wards, "id": "wards"})
    scene.put(coded("b", "out"))
    with pytest.raises(NotConforming):
        scene.put(coded("c", "in"))


def test_an_unknown_set_and_an_extensible_one_are_doubts(scene: Scene) -> None:
    scene.put(bound("urn:test:nowhere"))
    scene.put(coded("a", "out"))
    assert scene.told(coded("a", "out")) == [("warning", "not-found")]
    scene.put(bound(SET, "extensible"))
    scene.put(coded("a", "out"))
    assert scene.told(coded("a", "out")) == [("warning", "code-invalid")]
    assert scene.told(coded("a", "in")) == []


def test_codes_are_judged_as_of_the_day_of_the_event(scene: Scene) -> None:
    for version, day, *codes in (
        ("1", date(2020, 1, 1), "old", "both"),
        ("2", date(2025, 7, 1), "new", "both"),
    ):
        concepts = tuple(Concept(code, Words(code, code)) for code in codes)
        title = Words("Thử", "Test")
        dated = CodeSystem("urn:test:dated", "dated", version, title, day, "complete", concepts)
        scene.database.transact(load(dated, day))
    every = value_set("urn:test:dated-set", {"system": "urn:test:dated"})
    scene.put({**every, "id": "dated"}, bound("urn:test:dated-set"))
    system = "urn:test:dated"
    scene.put(
        coded("a", "old", system, created="2024-05-01"),
        coded("b", "new", system, created="2025-08-01"),
        coded("c", "both", system),
    )
    for code, when in (("old", "2025-08-01"), ("new", "2024-05-01"), ("old", None)):
        more = {"created": when} if when else {}
        with pytest.raises(NotConforming):
            scene.put(coded("d", code, system, **more))


RULE = profile(
    "rule",
    element("Basic", constraint=[{
        "key": "r-1", "severity": "error", "human": "women only",
        "expression": "subject.resolve().gender = 'female'"}]),
)  # fmt: skip


def test_a_rule_sees_what_its_writer_may_read(scene: Scene) -> None:
    woman = {"resourceType": "Patient", "id": "w", "gender": "female"}
    man = {"resourceType": "Patient", "id": "m", "gender": "male"}
    scene.put(RULE, woman, man, context=hospital())
    about = {who: {"subject": {"reference": f"Patient/{who}"}} for who in ("w", "m")}
    scene.put(basic("a", "rule", **about["w"]), context=hospital())
    with pytest.raises(NotConforming):
        scene.put(basic("b", "rule", **about["m"]), context=hospital())
    with pytest.raises(NotConforming):  # hidden and absent look the same
        scene.put(basic("c", "rule", **about["w"]), context=hospital("97002"))
    new = {"resourceType": "Patient", "id": "new", "gender": "female"}
    subject = {"subject": {"reference": "Patient/new"}}
    scene.put(new, basic("d", "rule", **subject), context=hospital())
    sql = "SELECT count(*) FROM audit.entry WHERE detail = 'resolve()' AND 'w' = ANY(patients)"
    assert scene.database.read(fetch(sql))[0][0] == 1


def test_members_and_another_profile_may_be_asked_for(scene: Scene) -> None:
    expression = f"code.memberOf('{SET}') and conformsTo('{URL}dated')"
    rule = {"key": "r-2", "severity": "error", "human": "both", "expression": expression}
    scene.put(
        profile("both", element("Basic", constraint=[rule])),
        profile("dated", element("Basic.created", min=1)),
    )
    code = {"code": {"coding": [{"system": CARE, "code": "in"}]}}
    scene.put(basic("a", "both", created="2026-01-01", **code))
    for more in (code, {"created": "2026-01-01"}):
        with pytest.raises(NotConforming):
            scene.put(basic("b", "both", **more))


def test_validation_goes_by_named_profiles_that_are_stored(scene: Scene) -> None:
    plain = basic("a", code={"coding": [{"system": CARE, "code": "out"}]})
    assert scene.told(plain, COUNTRY) == []
    assert scene.told(plain, COUNTRY, named=[URL + "bound"]) == [("error", "code-invalid")]
    assert scene.told(plain, COUNTRY, named=[URL + "none"]) == [("warning", "not-found")]


def test_an_instance_of_a_stored_logical_model_is_judged(scene: Scene) -> None:
    rows = [
        element("Post"),
        element("Post.title", min=1, max="1", type=[{"code": "string"}]),
        element("Post.ward", min=0, max="1", type=[{"code": "code"}],
                binding={"strength": "required", "valueSet": SET}),
    ]  # fmt: skip
    model = {
        **profile("post", *rows, of="Post"), "kind": "logical", "derivation": "specialization",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Element",
    }  # fmt: skip
    scene.put(model)

    def told(instance: Json, url: str = URL + "post") -> list[str] | None:
        plan = scene.conformance.logical_issues(url, instance, COUNTRY)
        issues = scene.database.read(plan)
        return None if issues is None else [issue.expression for issue in issues]

    assert told({"title": "x", "ward": "in"}) == []
    assert told({"ward": "out"}) == ["Post.title", "Post.ward"]
    assert told({"title": "x"}, URL + "none") is None
    assert told({"title": "x"}, URL + "bound") is None
