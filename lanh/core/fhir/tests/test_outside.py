"""What profiles ask of the world outside: codes of unpublished sets, stored resources."""

from __future__ import annotations

from typing import Any

from lanh.core.fhir import PathEnvironment, Profiles, validate, validate_logical
from lanh.core.fhir.tests.samples import sample

P = "http://example.vn/StructureDefinition/"
DISEASES = "http://example.vn/ValueSet/diseases"


class Codes:
    """One value set and one hierarchy."""

    def member_of(self, value_set: str, system: str | None, code: str) -> bool | None:
        """A90 alone is in the one set."""
        return code == "A90" if value_set == DISEASES else None

    def subsumes(self, system: str, ancestor: str, descendant: str) -> bool | None:
        """A chapter subsumes what begins like it."""
        return descendant.startswith(ancestor)


def profile(url: str, kind: str, *elements: dict[str, Any]) -> dict[str, Any]:
    """A constraint on a resource type."""
    return {
        "resourceType": "StructureDefinition",
        "url": url,
        "kind": "resource",
        "type": kind,
        "derivation": "constraint",
        "baseDefinition": f"http://hl7.org/fhir/StructureDefinition/{kind}",
        "differential": {"element": list(elements)},
    }


def rule(path: str, expression: str) -> dict[str, Any]:
    """An element with one rule of severity error."""
    asked = {"key": "r", "severity": "error", "human": "r", "expression": expression}
    return {"path": path, "constraint": [asked]}


def told(
    definition: dict[str, Any], resource: dict[str, Any], outside: PathEnvironment | None = None
) -> list[tuple[str, str]]:
    """(severity, code) of the issues by one profile."""
    found = validate(
        resource,
        profiles=Profiles([definition]),
        named=[definition["url"]],
        warnings=True,
        outside=outside or PathEnvironment(),
    )
    told = [(issue.severity, issue.code) for issue in found]
    return [pair for pair in told if pair != ("warning", "invariant")]  # dom-6, of every sample


BOUND = profile(
    P + "condition",
    "Condition",
    {"path": "Condition.code", "binding": {"strength": "required", "valueSet": DISEASES}},
)


def test_a_binding_asks_outside_and_is_a_doubt_where_nobody_knows() -> None:
    outside = PathEnvironment(terminology=Codes())
    good, bad = sample("Condition"), sample("Condition")
    bad["code"]["coding"][0]["code"] = "A91"
    assert told(BOUND, good, outside) == []
    assert told(BOUND, bad, outside) == [("error", "code-invalid")]
    assert told(BOUND, bad) == [("warning", "not-found")]
    profiles = Profiles([BOUND], member=lambda *_: None)
    assert validate(bad, profiles=profiles, named=[BOUND["url"]], outside=outside) != []
    assert validate(bad, profiles=profiles, named=[BOUND["url"]]) == []


def test_rules_ask_for_members_and_hierarchies() -> None:
    outside = PathEnvironment(terminology=Codes())
    condition = sample("Condition")
    asked = profile(P + "m", "Condition", rule("Condition.code", f"memberOf('{DISEASES}')"))
    assert told(asked, condition, outside) == []
    condition["code"]["coding"][0]["code"] = "A91"
    assert told(asked, condition, outside) == [("error", "invariant")]
    assert told(asked, condition) == [("warning", "processing")]
    chapter = "%resource.code.coding.first().subsumedBy(%resource.code.coding.first())"
    assert told(profile(P + "s", "Condition", rule("Condition", chapter)), condition) == []


def test_a_rule_and_a_target_follow_a_reference_to_what_is_stored() -> None:
    asked: list[str] = []

    def fetch(text: str) -> dict[str, Any] | None:
        asked.append(text)
        return {"resourceType": "Patient", "id": "p1", "gender": "male"}

    outside = PathEnvironment(resolve=fetch)
    woman = profile(P + "w", "Condition", rule("Condition", "subject.resolve().gender = 'female'"))
    condition = sample("Condition")
    assert told(woman, condition, outside) == [("error", "invariant")]
    assert asked == ["Patient/p1"]
    patient = profile(P + "p", "Patient", {"path": "Patient.birthDate", "min": 1})
    target = {"code": "Reference", "targetProfile": [P + "p"]}
    definition = profile(P + "t", "Condition", {"path": "Condition.subject", "type": [target]})
    registry = Profiles([patient, definition])
    found = validate(condition, profiles=registry, named=[P + "t"], outside=outside)
    assert [issue.expression for issue in found] == ["Condition.subject.reference"]
    assert validate(condition, profiles=registry, named=[P + "t"]) == []


def test_what_stands_inside_is_not_asked_for_outside() -> None:
    def fetch(text: str) -> dict[str, Any] | None:
        raise AssertionError(text)

    request = sample("MedicationRequest")
    definition = profile(
        P + "c", "MedicationRequest", rule("MedicationRequest", "medication.resolve().exists()")
    )
    assert told(definition, request, PathEnvironment(resolve=fetch)) == []


def test_an_instance_of_a_logical_model_asks_outside_too() -> None:
    model = {
        "resourceType": "StructureDefinition",
        "url": P + "Case",
        "kind": "logical",
        "type": "Case",
        "differential": {
            "element": [
                {"path": "Case"},
                {
                    "path": "Case.disease",
                    "min": 1,
                    "max": "1",
                    "type": [{"code": "code"}],
                    "binding": {"strength": "required", "valueSet": DISEASES},
                },
            ]
        },
    }
    outside = PathEnvironment(terminology=Codes())
    assert validate_logical(model, {"disease": "A90"}, outside=outside) == []
    (found,) = validate_logical(model, {"disease": "A91"}, outside=outside)
    assert (found.code, found.expression) == ("code-invalid", "Case.disease")


def test_an_extension_that_is_not_everyones_judges_only_where_it_is_asked_for() -> None:
    url = {"path": "Extension.url", "fixedUri": P + "e"}
    extension = profile(P + "e", "Extension", url, {"path": "Extension.value[x]", "min": 1})
    extension["kind"] = "complex-type"
    registry = Profiles()
    registry.add(extension, everywhere=False)
    patient = sample("Patient")
    patient["extension"] = [{"url": P + "e", "extension": [{"url": "a", "valueCode": "b"}]}]
    assert validate(patient, profiles=registry) == []
    asking = profile(
        P + "p",
        "Patient",
        {
            "path": "Patient.extension",
            "slicing": {"discriminator": [{"type": "value", "path": "url"}], "rules": "open"},
        },
        {
            "path": "Patient.extension",
            "sliceName": "e",
            "type": [{"code": "Extension", "profile": [P + "e"]}],
        },
    )
    registry.add(asking)
    assert validate(patient, profiles=registry, named=[P + "p"]) != []
