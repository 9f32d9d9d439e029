"""What a row of ElementDefinition states, in the words of a Definition (R4 2.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.validation.profiles.definition import CORE, Constraint, Slicing, TypeRule

_SYSTEM = "http://hl7.org/fhirpath/System."
_FHIR_TYPE = CORE + "structuredefinition-fhir-type"
_PROFILE_ELEMENT = CORE + "elementdefinition-profile-element"
_LEAST_LENGTH = CORE + "minLength"
_LARGEST_SET = CORE + "elementdefinition-maxValueSet"
# R5's elements, as R4 may state them.
_LATER = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition."
_MORE_BINDINGS = (
    "http://hl7.org/fhir/tools/StructureDefinition/additional-binding",
    _LATER + "binding.additional",
)


def stated(row: dict[str, Any]) -> list[tuple[str, Any]]:
    """The fields of Definition that a row sets, with their values."""
    found: list[tuple[str, Any]] = []
    if type(row.get("min")) is int:
        found.append(("minimum", row["min"]))
    maximum = row.get("max")
    if maximum == "*":
        found.append(("maximum", None))
    elif isinstance(maximum, str) and maximum.isascii() and maximum.isdigit():
        found.append(("maximum", int(maximum[:9])))
    if row.get("type") and (types := types_of(row)):
        found.append(("types", types))
    for key, value in row.items():
        for prefix, name in _VALUES:
            if key.startswith(prefix) and key[len(prefix) : len(prefix) + 1].isupper():
                found.append((name, value))
    if type(row.get("maxLength")) is int:
        found.append(("length", row["maxLength"]))
    for least in _values_of(row, _LEAST_LENGTH):
        found.append(("least_length", least))
    if True in _values_of(row, _LATER + "mustHaveValue"):
        found.append(("valued", True))
    instead = tuple(_values_of(row, _LATER + "valueAlternatives"))
    if instead:
        found.append(("instead", instead))
    if str(row.get("contentReference", ""))[:1] == "#":
        found.append(("follows", True))
    if row.get("mustSupport") is True:
        found.append(("must_support", True))
    found.extend(_structured(row))
    return found


_VALUES = (
    ("fixed", "fixed"),
    ("pattern", "pattern"),
    ("minValue", "lowest"),
    ("maxValue", "highest"),
)


def _structured(row: dict[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    binding = row.get("binding")
    if isinstance(binding, dict) and isinstance(binding.get("valueSet"), str):
        url = binding["valueSet"]
        found.append(("binding", (str(binding.get("strength")), url.partition("|")[0])))
    more = tuple(("required", url) for url in _more_sets(binding))
    if more:
        found.append(("more_bindings", more))
    rules = row.get("constraint")
    if isinstance(rules, list):
        found.append(("constraints", tuple(_constraint(r) for r in rules if _is_rule(r))))
    slicing = row.get("slicing")
    if isinstance(slicing, dict):
        given = slicing.get("discriminator")
        pairs = [d for d in given if isinstance(d, dict)] if isinstance(given, list) else []
        found.append(
            (
                "slicing",
                Slicing(
                    tuple((str(d.get("type")), str(d.get("path"))) for d in pairs),
                    str(slicing.get("rules", "open")),
                    slicing.get("ordered") is True,
                ),
            )
        )
    return found


def _more_sets(binding: Any) -> Iterator[str]:
    """The value sets beside that of a binding from which a code must come: the largest that is
    allowed, and additional ones of purpose required."""
    for url in _values_of(binding, _LARGEST_SET):
        yield str(url).partition("|")[0]
    rows = binding.get("extension") if isinstance(binding, dict) else None
    for row in rows if isinstance(rows, list) else ():
        own = isinstance(row, dict) and row.get("url") in _MORE_BINDINGS
        if own and "required" in _values_of(row, "purpose"):
            yield from (str(url).partition("|")[0] for url in _values_of(row, "valueSet"))


def _is_rule(rule: Any) -> bool:
    return (
        isinstance(rule, dict)
        and isinstance(rule.get("expression"), str)
        and isinstance(rule.get("key"), str)
    )


def _constraint(rule: dict[str, Any]) -> Constraint:
    return Constraint(
        rule["key"],
        "warning" if rule.get("severity") == "warning" else "error",
        str(rule.get("human") or rule["key"]),
        rule["expression"],
    )


def types_of(row: dict[str, Any]) -> tuple[TypeRule, ...]:
    """The types of a row; rows of one code (as R3 wrote them) are one type."""
    found: dict[str, TypeRule] = {}
    given = row.get("type")
    for option in given if isinstance(given, list) else ():
        if not isinstance(option, dict) or not isinstance(option.get("code"), str):
            continue
        code = _type_code(option)
        old = found.get(code, TypeRule(code))
        found[code] = TypeRule(
            code,
            old.profiles + _profiles(option),
            _targets(old.targets + _texts(option.get("targetProfile"))),
            old.aggregation + _texts(option.get("aggregation")),
        )
    return tuple(found.values())


def _profiles(option: dict[str, Any]) -> tuple[str, ...]:
    """The profiles of a type, each with `#id` where only one element of it is meant."""
    urls = _texts(option.get("profile"))
    beside = option.get("_profile")
    rows = beside if isinstance(beside, list) and len(beside) == len(urls) else [None] * len(urls)
    return tuple(
        url + "".join(f"#{id}" for id in _values_of(row, _PROFILE_ELEMENT))
        for url, row in zip(urls, rows, strict=True)
    )


def _values_of(holder: Any, url: str) -> Iterator[Any]:
    """The values of an extension."""
    rows = holder.get("extension") if isinstance(holder, dict) else None
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and row.get("url") == url:
            yield from (value for key, value in row.items() if key.startswith("value"))


def _targets(urls: tuple[str, ...]) -> tuple[str, ...]:
    """The targets in the order of the tables; any resource is said by none."""
    if CORE + "Resource" in urls:
        return ()
    return tuple(sorted(set(urls)))


def _type_code(option: dict[str, Any]) -> str:
    code: str = option["code"]
    if code.startswith(_SYSTEM):
        for name in _values_of(option, _FHIR_TYPE):
            return str(name)
        return code[len(_SYSTEM) :][:1].lower() + code[len(_SYSTEM) + 1 :]
    if code.startswith(CORE) and definitions().has(code[len(CORE) :]):
        return code[len(CORE) :]
    return code


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(t for t in value if isinstance(t, str)) if isinstance(value, list) else ()
