"""The terminology operations of FHIR R4: Parameters in, a resource out, as plans.

    ValueSet    $expand  $validate-code
    CodeSystem  $lookup  $validate-code  $subsumes
    ConceptMap  $translate

Whoever is signed in may ask them: code lists are public knowledge. Raises TerminologyError.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from lanh.core import audit, fhir
from lanh.core.access import Access
from lanh.core.api.terminology_parameters import BadParameter, Given, Json, coded
from lanh.core.database import Plan
from lanh.core.terminology import (
    Asked,
    Coded,
    Manner,
    Scope,
    Terminology,
    Unknown,
    Verdict,
    Wanted,
    expand,
    in_code_system,
    in_value_set,
    look_up,
    matched,
    relation,
    split,
    translate,
)
from lanh.core.text import Language

_VERSIONS = frozenset(
    {"system-version", "force-system-version", "check-system-version", "exclude-system",
     "default-valueset-version"}
)  # fmt: skip
_EXPAND = _VERSIONS | {
    "url", "valueSet", "valueSetVersion", "context", "contextDirection", "filter", "offset",
    "count", "includeDesignations", "designation", "includeDefinition", "activeOnly",
    "excludeNested", "excludeNotForUI", "excludePostCoordinated", "property",
    "limitedExpansion",
}  # fmt: skip
_JUDGE = _VERSIONS | {
    "url", "valueSet", "valueSetVersion", "context", "code", "system", "systemVersion", "version",
    "display", "coding", "codeableConcept", "abstract", "inferSystem", "codeSystem",
    "lenient-display-validation", "activeOnly", "mode",
}  # fmt: skip
_LOOKUP = frozenset({"code", "system", "version", "coding", "property"})
_SUBSUMES = frozenset({"codeA", "codeB", "system", "version", "codingA", "codingB"})
_TRANSLATE = frozenset(
    {"url", "conceptMap", "conceptMapVersion", "code", "system", "version", "source", "coding",
     "codeableConcept", "target", "targetsystem", "targetSystem", "dependency", "reverse",
     "sourceCode", "sourceSystem", "sourceCoding", "sourceCodeableConcept", "sourceScope",
     "targetScope", "targetCode", "targetCoding"}
)  # fmt: skip
_R5_FORWARDS = {
    "sourceCode": "code", "sourceSystem": "system", "sourceCoding": "coding",
    "sourceCodeableConcept": "codeableConcept", "targetSystem": "targetsystem",
    "sourceScope": "source", "targetScope": "target",
}  # fmt: skip
_R5_BACKWARDS = {
    "targetCode": "code", "targetCoding": "coding", "targetSystem": "system",
    "sourceSystem": "targetsystem", "sourceScope": "target", "targetScope": "source",
}  # fmt: skip
_ECHOED = {
    "filter": "valueString", "offset": "valueInteger", "count": "valueInteger",
    "includeDesignations": "valueBoolean", "activeOnly": "valueBoolean",
    "excludeNotForUI": "valueBoolean", "displayLanguage": "valueCode", "date": "valueDateTime",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its Parameters, the id where it is asked of an instance, the words' language.

    `languages` are those of Accept-Language, for names where `displayLanguage` is not given.
    """

    parameters: Json
    id: str | None = None
    language: Language = "vi"
    languages: tuple[str, ...] = ()


Operation: TypeAlias = Callable[[Terminology, Call], Plan[Json]]


def expand_value_set(service: Terminology, call: Call) -> Plan[Json]:
    """ValueSet $expand: a ValueSet with its expansion."""
    given = Given.read("$expand", call.parameters, _EXPAND)
    scope = given.scope(service)
    value_set = yield from _value_set(service, given, call, scope)
    languages = given.languages() or call.languages or _own_languages(value_set)
    wanted = Wanted(
        text=given.text("filter") or "",
        offset=given.number("offset") or 0,
        count=given.number("count"),
        active_only=given.flag("activeOnly"),
        selectable_only=given.flag("excludeNotForUI"),
        languages=languages,
        designations=given.flag("includeDesignations") or bool(given.texts("designation")),
        designation_filter=given.texts("designation"),
        definition=given.flag("includeDefinition"),
        properties=given.texts("property"),
        echo=tuple(_echo(given)),
    )
    return (yield from expand(value_set, scope, wanted))


def _own_languages(value_set: Json) -> tuple[str, ...]:
    language = value_set.get("language")
    return (language,) if isinstance(language, str) else ()


def _echo(given: Given) -> list[tuple[str, str, Any]]:
    rows: list[tuple[str, str, Any]] = []
    for name, kind in _ECHOED.items():
        if given.value(name) is None:
            continue
        if kind == "valueInteger":
            rows.append((name, kind, given.number(name)))
        elif kind == "valueBoolean":
            rows.append((name, kind, given.flag(name)))
        else:
            rows.append((name, kind, given.text(name)))
    for name in sorted(_VERSIONS):
        rows += [(name, "valueUri", text) for text in given.texts(name)]
    return rows


def _value_set(service: Terminology, given: Given, call: Call, scope: Scope) -> Plan[Json]:
    """The value set that is meant: of the address, sent along, or by its url."""
    for name in ("context", "contextDirection"):
        if given.value(name) is not None:
            raise BadParameter.of("parameter-unsupported", name=name)
    if call.id is not None:
        found = yield from service.holdings.by_id("ValueSet", call.id)
        if found is None:
            raise Unknown.because("unknown-value-set", url=f"ValueSet/{call.id}")
        return found
    sent = given.value("valueSet")
    if isinstance(sent, dict):
        return sent
    url = given.needed("url")
    version = given.text("valueSetVersion")
    return (yield from scope.value_set(f"{url}|{version}" if version else url))


def validate_in_value_set(service: Terminology, call: Call) -> Plan[Json]:
    """ValueSet $validate-code: Parameters with `result` and why."""
    given = Given.read("$validate-code", call.parameters, _JUDGE)
    scope = given.scope(service)
    value_set = yield from _value_set(service, given, call, scope)
    codings = given.codings(version="systemVersion")
    manner = _manner(given, call.languages or _own_languages(value_set))
    verdict = yield from in_value_set(value_set, codings, scope, manner)
    if given.flag("activeOnly") and verdict.inactive:
        verdict.add("error", "business-rule", "", "code-inactive", code=verdict.code)
    return _told(verdict, given, call.language)


def _manner(given: Given, languages: tuple[str, ...] = ()) -> Manner:
    return Manner(
        languages=given.languages() or languages,
        abstract=given.flag("abstract", True),
        infer_system=given.flag("inferSystem"),
        lenient_display=given.flag("lenient-display-validation"),
    )


def validate_in_code_system(service: Terminology, call: Call) -> Plan[Json]:
    """CodeSystem $validate-code: Parameters with `result` and why."""
    given = Given.read("$validate-code", call.parameters, _JUDGE)
    scope = given.scope(service)
    url = given.text("url")
    if call.id is not None:
        found = yield from service.holdings.by_id("CodeSystem", call.id)
        if found is None:
            raise Unknown.because("unknown-system", system=f"CodeSystem/{call.id}")
        url = found.get("url")
    sent = given.value("codeSystem")
    if isinstance(sent, dict):
        scope.inline = [*scope.inline, sent]
        url = url or sent.get("url")
    version = given.text("version")
    codings = [
        Coded(c.code, c.system or url, c.version or version, c.display, c.place)
        for c in given.codings()
    ]
    for coding in codings:
        if url is not None and coding.system != url:
            verdict = Verdict([], coding.code, coding.system)
            verdict.add("error", "code-invalid", coding.place, "unknown-code",
                        code=coding.code, system=url)  # fmt: skip
            return _told(verdict, given, call.language)
    verdict = yield from in_code_system(codings, scope, _manner(given, call.languages))
    return _told(verdict, given, call.language)


def _told(verdict: Verdict, given: Given, language: Language) -> Json:
    rows: list[Json] = [{"name": "result", "valueBoolean": verdict.result}]
    errors = [issue for issue in verdict.issues if issue.severity == "error"]
    if verdict.issues:
        text = "; ".join(i.message.say(language) for i in errors or verdict.issues)
        rows.append({"name": "message", "valueString": text})
    for name, kind, value in (
        ("display", "valueString", verdict.display),
        ("code", "valueCode", verdict.code),
        ("system", "valueUri", verdict.system),
        ("version", "valueString", verdict.version),
    ):
        if value:
            rows.append({"name": name, kind: value})
    if verdict.inactive:
        rows.append({"name": "inactive", "valueBoolean": True})
    concept = given.value("codeableConcept")
    if isinstance(concept, dict) and concept.get("coding"):
        rows.append({"name": "codeableConcept", "valueCodeableConcept": concept})
    if verdict.issues:
        outcome = fhir.operation_outcome(verdict.issues, language)
        rows.append({"name": "issues", "resource": outcome})
    return {"resourceType": "Parameters", "parameter": rows}


def look_up_code(service: Terminology, call: Call) -> Plan[Json]:
    """CodeSystem $lookup: what is known of a code."""
    given = Given.read("$lookup", call.parameters, _LOOKUP)
    codings = given.codings()
    if not codings or codings[0].system is None:
        raise BadParameter.of("parameter-missing", names="system")
    one = codings[0]
    rows = yield from look_up(
        given.scope(service), one.system or "", one.code, one.version,
        given.languages() or call.languages,
        given.texts("property"),
    )  # fmt: skip
    return {"resourceType": "Parameters", "parameter": rows}


def compare_codes(service: Terminology, call: Call) -> Plan[Json]:
    """CodeSystem $subsumes: how code A stands to code B."""
    given = Given.read("$subsumes", call.parameters, _SUBSUMES)
    one, other = given.value("codingA"), given.value("codingB")
    system, version = given.text("system"), given.text("version")
    if call.id is not None:
        found = yield from service.holdings.by_id("CodeSystem", call.id)
        system = found.get("url") if found is not None else None
        if system is None:
            raise Unknown.because("unknown-system", system=f"CodeSystem/{call.id}")
    if isinstance(one, dict) and isinstance(other, dict) and "code" in one and "code" in other:
        first, second = coded(one, ""), coded(other, "")
        system, version = first.system or system, first.version or version
        if second.system not in (None, system):
            raise BadParameter.of(
                "parameter-value", name="codingB", value=second.system, kind=str(system)
            )
    else:
        first, second = Coded(given.needed("codeA")), Coded(given.needed("codeB"))
    if system is None:
        raise BadParameter.of("parameter-missing", names="system")
    outcome = yield from relation(given.scope(service), system, first.code, second.code, version)
    rows = [{"name": "outcome", "valueCode": outcome}]
    return {"resourceType": "Parameters", "parameter": rows}


def translate_code(service: Terminology, call: Call) -> Plan[Json]:
    """ConceptMap $translate: every target, with its equivalence and the map that says so."""
    given = Given.read("$translate", call.parameters, _TRANSLATE)
    backwards = given.value("targetCode") or given.value("targetCoding")
    given = given.renamed(_R5_BACKWARDS if backwards else _R5_FORWARDS)
    scope = given.scope(service)
    chosen = yield from _map(service, given, call, scope)
    asked = Asked(
        codings=given.codings(),
        target_system=given.text("targetsystem"),
        source=given.text("source"),
        target=given.text("target"),
        reverse=given.flag("reverse") or backwards is not None,
        dependencies=_dependencies(given),
    )
    matches = yield from translate(asked, chosen, scope)
    rows: list[Json] = [{"name": "result", "valueBoolean": matched(matches)}]
    for match in matches:
        parts: list[Json] = [{"name": "equivalence", "valueCode": match.equivalence}]
        if match.concept is not None:
            parts.append({"name": "concept", "valueCoding": match.concept})
        for product in match.product:
            coding = {"system": product.get("system"), "code": product.get("value"),
                      "display": product.get("display")}  # fmt: skip
            parts.append(
                {
                    "name": "product",
                    "part": [
                        {"name": "element", "valueUri": product.get("property")},
                        {"name": "concept",
                         "valueCoding": {k: v for k, v in coding.items() if v}},
                    ],
                }
            )  # fmt: skip
        if match.source:
            parts.append({"name": "source", "valueUri": match.source})
        rows.append({"name": "match", "part": parts})
    return {"resourceType": "Parameters", "parameter": rows}


def _map(service: Terminology, given: Given, call: Call, scope: Scope) -> Plan[Json | None]:
    if call.id is not None:
        found = yield from service.holdings.by_id("ConceptMap", call.id)
        if found is None:
            raise Unknown.because("unknown-map", url=f"ConceptMap/{call.id}")
        return found
    sent = given.value("conceptMap")
    if isinstance(sent, dict):
        return sent
    canonical = given.text("url")
    if canonical is None:
        return None
    url, version = split(canonical)
    version = version or given.text("conceptMapVersion")
    for resource in scope.inline:
        if resource.get("resourceType") == "ConceptMap" and resource.get("url") == url:
            return resource
    found = yield from service.holdings.concept_map(url, version, scope.day)
    if found is None:
        raise Unknown.because("unknown-map", url=canonical)
    return found


def _dependencies(given: Given) -> dict[str, tuple[str | None, str]]:
    found: dict[str, tuple[str | None, str]] = {}
    for row in given.rows:
        if row.get("name") != "dependency":
            continue
        parts = {part.get("name"): part for part in row.get("part", ())}
        element = parts.get("element", {}).get("valueUri")
        for coding in parts.get("concept", {}).get("valueCodeableConcept", {}).get("coding", ()):
            if element and coding.get("code"):
                found[element] = (coding.get("system"), coding["code"])
    return found


OPERATIONS: dict[tuple[str, str], Operation] = {
    ("ValueSet", "expand"): expand_value_set,
    ("ValueSet", "validate-code"): validate_in_value_set,
    ("CodeSystem", "validate-code"): validate_in_code_system,
    ("CodeSystem", "lookup"): look_up_code,
    ("CodeSystem", "subsumes"): compare_codes,
    ("ConceptMap", "translate"): translate_code,
}
"""Each operation by resource type and name."""


def answer(service: Terminology, access: Access, kind: str, name: str, call: Call) -> Plan[Json]:
    """Answer one call and append its audit entry, in one transaction. Raises TerminologyError."""
    found = yield from OPERATIONS[kind, name](service, call)
    entry = audit.Entry.of(access, "search", type=kind, id=call.id, detail=f"{kind}/${name}")
    yield from audit.append([entry])
    return found
