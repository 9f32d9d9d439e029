"""What is written is judged by the profiles that are stored: by which, for whom, from when on."""

from __future__ import annotations

import pytest

from lanh.core.database import Plan, Statement, SyncDatabase
from lanh.core.profiles import NotConforming
from lanh.core.profiles.tests.scene import (
    CORE,
    COUNTRY,
    PROVINCE,
    URL,
    Json,
    Scene,
    basic,
    element,
    guide,
    hospital,
    profile,
)
from lanh.core.store import Context, Write

AUTHORED = profile("authored", element("Basic.created", min=1))
GOOD = {"created": "2026-11-22"}


@pytest.fixture
def scene(database: SyncDatabase) -> Scene:
    return Scene(database)


def test_a_hospitals_profile_judges_what_names_it_and_nothing_else(scene: Scene) -> None:
    scene.put(AUTHORED, context=hospital())
    scene.put(basic("plain"), basic("good", "authored", **GOOD), basic("other", "unknown"))
    for context in (hospital(), hospital("97002"), COUNTRY):
        with pytest.raises(NotConforming) as refused:
            scene.put(basic("fine"), basic("bad", "authored"), context=context)
        assert refused.value.status == 422 and refused.value.index == 1
        (issue,) = refused.value.issues
        assert issue.expression == "Basic.created" and URL + "authored" in issue.message.vi
    rows = scene.database.read(scene.store.read_many([("Basic", "fine")], COUNTRY))
    assert rows == []


def test_what_stands_inside_may_name_it_too(scene: Scene) -> None:
    scene.put(AUTHORED)

    def document(**more: str) -> Json:
        name = "urn:uuid:b4b8e0a2-2f7e-4f0e-9d3e-0f5b6a3b7c11"
        entry = {"fullUrl": name, "resource": basic("inner", "authored", **more)}
        return {"resourceType": "Bundle", "id": "b", "type": "collection", "entry": [entry]}

    with pytest.raises(NotConforming):
        scene.put(document())
    scene.put(document(**GOOD))


def test_only_the_countrys_guide_binds_what_others_write(scene: Scene) -> None:
    scene.put(AUTHORED, guide("own", "authored"), context=hospital())
    scene.put(basic("a"), context=hospital())
    scene.put({**AUTHORED, "id": "p"}, {**guide("p", "authored"), "id": "pg"}, context=PROVINCE)
    scene.put(basic("b"), context=hospital("97002"))
    national = {**profile("national", element("Basic.created", min=1))}
    scene.put(national, guide("country", "national"), context=COUNTRY)
    for context in (hospital(), COUNTRY):
        with pytest.raises(NotConforming):
            scene.put(basic("c"), context=context)
    scene.put(basic("d", **GOOD), {"resourceType": "Patient", "id": "p"}, context=hospital())
    scene.put(guide("country", "national", status="retired"), context=COUNTRY)
    scene.put(basic("e"), context=hospital())


def test_a_url_of_the_country_or_of_fhir_cannot_be_taken(scene: Scene) -> None:
    scene.put(profile("taken"), context=COUNTRY)
    strict = profile("taken", element("Basic.created", min=1))
    scene.put({**strict, "id": "mine"}, context=hospital())
    scene.put(basic("a", "taken"), context=hospital())
    patient = profile("patient", element("Patient.birthDate", min=1), of="Patient")
    for name, context in (("Patient", COUNTRY), ("vitalsigns", hospital())):
        kind = "Patient" if name == "Patient" else "Observation"
        rows = [element(f"{kind}.issued" if kind == "Observation" else "Patient.birthDate", min=1)]
        made = profile(name, *rows, of=kind) if kind == "Observation" else patient
        scene.put({**made, "id": f"take-{name}", "url": CORE + name}, context=context)
    stated = {"resourceType": "Patient", "id": "p", "meta": {"profile": [CORE + "Patient"]}}
    scene.put(stated, context=hospital())


def test_a_change_counts_at_once_in_every_process(scene: Scene, database: SyncDatabase) -> None:
    other = Scene(database)
    scene.put(AUTHORED)
    with pytest.raises(NotConforming):
        other.put(basic("a", "authored"))
    scene.put(profile("authored"))
    other.put(basic("a", "authored"))
    scene.put(AUTHORED)
    with pytest.raises(NotConforming):
        other.put(basic("b", "authored"))
    scene.drop(AUTHORED)
    other.put(basic("b", "authored"))


def test_what_is_not_committed_judges_its_own_transaction_alone(
    scene: Scene, database: SyncDatabase
) -> None:
    with pytest.raises(NotConforming):
        scene.put(AUTHORED, basic("a", "authored"))
    scene.put(basic("a", "authored"))

    def plan() -> Plan[None]:
        write = Write("update", "StructureDefinition", "authored", AUTHORED)
        yield from scene.store.write([write], COUNTRY)
        yield from scene.store.write([Write("update", "Basic", "b", basic("b", **GOOD))], COUNTRY)
        raise RuntimeError("the transaction is rolled back")

    with pytest.raises(RuntimeError):
        database.transact(plan())
    scene.put(basic("b", "authored"))


def test_versions_are_told_apart(scene: Scene) -> None:
    scene.put(
        {**AUTHORED, "version": "1.0.0"},
        {**profile("authored"), "id": "later", "version": "2.0.0"},
    )
    scene.put(basic("a", "authored"), basic("b", "authored|2.0.0"))
    with pytest.raises(NotConforming):
        scene.put(basic("c", "authored|1.0.0"))


def test_a_profile_is_judged_with_what_it_is_built_on(scene: Scene) -> None:
    scene.put(AUTHORED, {**profile("built"), "baseDefinition": URL + "authored"})
    with pytest.raises(NotConforming):
        scene.put(basic("a", "built"))
    scene.put({**profile("lost"), "baseDefinition": URL + "nowhere"})
    scene.put(basic("b", "lost"))


def _extension(name: str) -> Json:
    url = {"id": "Extension.url", "path": "Extension.url", "fixedUri": URL + name}
    value = element("Extension.value[x]", type=[{"code": "code"}])
    made = profile(name, url, value, of="Extension", kind="complex-type")
    return {**made, "context": [{"type": "element", "expression": "Basic"}]}


def test_an_extension_of_the_country_is_judged_wherever_it_stands(scene: Scene) -> None:
    scene.put(_extension("hospitals"), context=hospital())
    scene.put(_extension("countrys"), context=COUNTRY)
    wrong = {"extension": [{"url": URL + "hospitals", "valueInteger": 1}]}
    scene.put(basic("a", **wrong), context=hospital("97002"))
    wrong = {"extension": [{"url": URL + "countrys", "valueInteger": 1}]}
    with pytest.raises(NotConforming):
        scene.put(basic("b", **wrong), context=hospital())
    scene.put(basic("b", extension=[{"url": URL + "countrys", "valueCode": "a"}]))


def test_where_nothing_applies_one_statement_is_asked(scene: Scene) -> None:
    scene.put(AUTHORED)
    scene.put(basic("warm", "none"))

    def statements(resource: Json) -> list[str]:
        seen: list[str] = []

        def watched(context: Context) -> Plan[None]:
            plan = scene.conformance.admit([])
            step = next(plan)
            while True:
                assert isinstance(step, Statement)
                seen.append(step.sql)
                rows = yield step
                try:
                    step = plan.send(rows)
                except StopIteration:
                    return

        scene.database.transact(watched(COUNTRY))
        return seen

    assert len(statements(basic("a"))) == 1
    assert len(statements(basic("a", "none"))) == 1
