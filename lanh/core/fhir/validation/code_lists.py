"""Code systems and value sets themselves, and codings of systems that are at hand (R4 4.8, 4.9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from lanh.core.fhir.issues import Severity
from lanh.core.fhir.validation.faults import Fault, Faults, shown
from lanh.core.fhir.validation.options import Options
from lanh.core.fhir.validation.profiles import Profiles

Json: TypeAlias = dict[str, Any]
Path: TypeAlias = "tuple[str | int, ...]"

_STANDARD = "http://hl7.org/fhir/concept-properties#"
# The properties that FHIR itself defines (R4 4.8.8), with their types.
_PROPERTIES = {
    "inactive": "boolean", "deprecated": "dateTime", "deprecationDate": "dateTime",
    "notSelectable": "boolean", "parent": "code", "child": "code",
}  # fmt: skip


def system_faults(resource: Json, registry: Profiles, options: Options) -> Faults:
    """The faults of a CodeSystem: content that it denies to have, properties of other types than
    it declares."""
    return [fault.at(*reversed(path)) for path, fault in _of_system(resource)]


def _of_system(resource: Json) -> Iterator[tuple[Path, Fault]]:
    content = resource.get("content")
    if "supplements" in resource and content != "supplement":
        yield ("content",), Fault("invariant", "supplement-content")
    if content == "not-present" and resource.get("concept"):
        yield ("concept",), Fault("invariant", "content-not-present")
    declared: dict[str, str] = {}
    for index, row in _rows(resource, "property"):
        code, kind = str(row.get("code")), str(row.get("type"))
        name = str(row.get("uri", "")).removeprefix(_STANDARD)
        standard = _PROPERTIES.get(name) if row.get("uri") == _STANDARD + name else None
        if standard is not None and standard != kind:
            yield ("property", index), _typed(code, standard, kind)
        if code in declared:
            yield ("property", index), Fault("duplicate", "property-twice", property=shown(code))
        declared.setdefault(code, kind)
    for path, concept in _concepts(resource, ()):
        for index, row in _rows(concept, "property"):
            wanted = declared.get(str(row.get("code")))
            got = next((key[5:] for key in row if key.startswith("value")), None)
            if wanted is None or got is None:
                continue
            if got.lower() != wanted.lower():
                yield (*path, "property", index), _typed(str(row["code"]), wanted, got)


def _typed(code: str, kind: str, got: str) -> Fault:
    return Fault("value", "property-type", property=shown(code), type=kind, got=got)


def _concepts(holder: Json, path: Path) -> Iterator[tuple[Path, Json]]:
    stack = [(path, holder)]
    while stack:
        at, one = stack.pop()
        for index, row in _rows(one, "concept"):
            here = (*at, "concept", index)
            yield here, row
            stack.append((here, row))


def value_set_faults(resource: Json, registry: Profiles, options: Options) -> Faults:
    """The faults of a ValueSet: systems without full address, codes and filter values that a
    code system at hand does not have."""
    compose = resource.get("compose")
    if type(compose) is not dict:
        return []
    faults: Faults = []
    for part in ("include", "exclude"):
        for index, row in _rows(compose, part):
            for path, fault in _of_part(row, registry):
                faults.append(fault.at(*reversed(path), index, part, "compose"))
    return faults


def _of_part(row: Json, registry: Profiles) -> Iterator[tuple[Path, Fault]]:
    system = row.get("system")
    if type(system) is not str:
        return
    if relative(system):
        yield ("system",), Fault("value", "system-relative", value=shown(system))
        return
    codes = registry.codes_of(system)
    for index, concept in _rows(row, "concept"):
        code = concept.get("code")
        if codes is not None and type(code) is str and code not in codes:
            yield ("concept", index, "code"), _not_there(system, code)
    definition = registry.resource("CodeSystem", system)
    for index, condition in _rows(row, "filter"):
        if _misfits(condition, definition, registry):
            told = {key: shown(condition.get(key)) for key in ("property", "value")}
            yield ("filter", index, "value"), Fault("value", "filter-value", **told)


def _misfits(condition: Json, definition: Json | None, registry: Profiles) -> bool:
    """Whether a filter's value is none of the property that it asks about."""
    name, value = condition.get("property"), condition.get("value")
    declared = _rows(definition, "property") if definition is not None else []
    # What R4 itself defines is a property of every system.
    own = [_PROPERTIES[name]] if type(name) is str and name in _PROPERTIES else []
    kinds = [r.get("type") for _, r in declared if r.get("code") == name] or own
    if not kinds or condition.get("op") != "=" or type(value) is not str:
        return False
    if kinds[0] == "boolean":
        return value not in ("true", "false")
    if kinds[0] != "Coding":
        return False
    system, bar, code = value.partition("#")
    codes = registry.codes_of(system.partition("|")[0])
    return not bar or (codes is not None and code not in codes)


def coding_faults(resource: Json, registry: Profiles, options: Options) -> Faults:
    """The faults of codings of code systems that are given beside the resource: a code that is
    not there, a supplement named as if it were a system; and displays that are none of the
    code's, a doubt unless the options are strict."""
    faults: Faults = []
    stack: list[tuple[Path, Any]] = [((), resource)]
    while stack:
        path, value = stack.pop()
        if type(value) is dict:
            fault = _coding_fault(value, registry) or _display_fault(value, registry, options)
            if fault is not None:
                faults.append(fault.at(*reversed(path)))
            stack += [((*path, name), item) for name, item in value.items()]
        elif type(value) is list:
            stack += [((*path, index), item) for index, item in enumerate(value)]
    return faults


def _coding_fault(value: Json, registry: Profiles) -> Fault | None:
    system, code = value.get("system"), value.get("code")
    if type(system) is not str or type(code) is not str:
        return None
    definition = registry.resource("CodeSystem", system)
    if definition is None:
        return None
    if definition.get("content") == "supplement" or "supplements" in definition:
        return Fault("code-invalid", "system-supplement", system=shown(system)).at("system")
    codes = registry.codes_of(system)
    if codes is None or code in codes:
        return None
    return _not_there(system, code).at("code")


def _display_fault(value: Json, registry: Profiles, options: Options) -> Fault | None:
    system, code, display = (value.get(name) for name in ("system", "code", "display"))
    if type(system) is not str or type(code) is not str or type(display) is not str:
        return None
    names = registry.names_of(system, code)
    if not names or _plain(display) in {_plain(name) for name in names}:
        return None
    doubt: Severity = "error" if options.strict else "warning"
    listed = shown(", ".join(sorted(names)))
    fault = Fault("value", "display-other", doubt, value=shown(display), names=listed)
    return fault.at("display")


def _plain(display: str) -> str:
    """A display as it is compared: capitals and runs of blanks do not count."""
    return " ".join(display.split()).casefold()


def _not_there(system: str, code: str) -> Fault:
    told = {"system": shown(system), "value": shown(code)}
    return Fault("code-invalid", "code-not-of-system", **told)


def relative(address: str) -> bool:
    """Whether an address is not absolute: it names no scheme."""
    return ":" not in address


def _rows(holder: Json, name: str) -> list[tuple[int, Json]]:
    found = holder.get(name)
    if type(found) is not list:
        return []
    return [(index, row) for index, row in enumerate(found) if type(row) is dict]
