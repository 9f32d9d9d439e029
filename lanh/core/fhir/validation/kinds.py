"""Rules of single resource types that their definitions only put in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from lanh.core.fhir.validation.code_lists import system_faults, value_set_faults
from lanh.core.fhir.validation.conformance import (
    capability_faults,
    map_faults,
    parameter_faults,
    structure_faults,
)
from lanh.core.fhir.validation.faults import Fault, Faults, shown
from lanh.core.fhir.validation.measures import measure_faults, report_faults
from lanh.core.fhir.validation.options import Options
from lanh.core.fhir.validation.profiles import Profiles
from lanh.core.fhir.validation.questionnaires import form_faults, response_faults
from lanh.core.fhir.validation.questionnaires.values import Values

Json: TypeAlias = dict[str, Any]


def _form(resource: Json, registry: Profiles, options: Options) -> Faults:
    return form_faults(resource)


def _answers(resource: Json, registry: Profiles, options: Options) -> Faults:
    """By the form, where it is contained or known to the registry."""
    url = resource.get("questionnaire")
    if type(url) is not str:
        return []
    inside = resource.get("contained")
    parts = [p for p in inside if type(p) is dict] if type(inside) is list else []
    if url[:1] == "#":
        form = next((p for p in parts if p.get("id") == url[1:]), None)
    else:
        form = registry.resource("Questionnaire", url)
    if form is None:
        wrong = registry.is_known(url) if url[:1] != "#" else False
        fault = Fault("value", "answers-no-form", url=shown(url))
        return [fault.at("questionnaire")] if wrong else []
    return response_faults(resource, form, Values(registry.is_member))


KIND_RULES: dict[str, Callable[[Json, Profiles, Options], Faults]] = {
    "Questionnaire": _form,
    "QuestionnaireResponse": _answers,
    "CodeSystem": system_faults,
    "ValueSet": value_set_faults,
    "StructureDefinition": structure_faults,
    "SearchParameter": parameter_faults,
    "CapabilityStatement": capability_faults,
    "ConceptMap": map_faults,
    "Measure": measure_faults,
    "MeasureReport": report_faults,
}
