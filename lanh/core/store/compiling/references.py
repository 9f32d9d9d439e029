"""Reference and uri parameters (R4 3.1.1.4.12, .13)."""

from __future__ import annotations

from lanh.core import fhir
from lanh.core.store.compiling.scope import Hashes, Scope, any_token, texts_of
from lanh.core.store.compiling.tokens import token_hashes, wanted_tokens
from lanh.core.store.errors import Invalid
from lanh.core.store.hashing import reference_hash, uri_hash
from lanh.core.store.identity import bucket_of
from lanh.core.store.indexing import NOT_SUBJECT
from lanh.core.store.query import bad_value, unescape
from lanh.core.store.records import Parameter


def reference(scope: Scope, parameter: Parameter) -> str:
    """The condition of a reference parameter. Raises Invalid."""
    name = parameter.name
    if parameter.modifier == "identifier":
        wanted = wanted_tokens(parameter)
        return any_token(scope, _identified(scope, name, wanted))
    if parameter.modifier in ("below", "above"):
        # The versions of canonicals are told by bodies, of the hits of a search only.
        raise Invalid.because("unsupported_modifier", name=name, modifier=parameter.modifier)
    if not parameter.values:
        raise bad_value(name, "", "[Type/]id")
    targets = [t for value in parameter.values for t in _targets(scope, parameter, value)]
    if not targets:
        raise bad_value(name, parameter.values[0], "[Type/]id")
    patients = patients_of(scope, parameter, targets)
    if not patients:
        return any_token(scope, _hashes(scope, name, targets))
    column = f"({' OR '.join(one_patient(scope, each) for each in patients)})"
    column += f" AND {of_subject(scope)}"
    odd = [target for target in targets if not target.startswith("Patient/")]
    if not odd:
        return f"({column})"
    return f"(({column}) OR {any_token(scope, _hashes(scope, name, odd))})"


def patients_of(scope: Scope, parameter: Parameter, targets: list[str] | None = None) -> list[str]:
    """The Patients that a parameter names where the patient column answers for them."""
    if parameter.name not in scope.shape.patient_parameters or scope.own(parameter.name):
        return []
    if parameter.then is not None or parameter.modifier in ("identifier", "missing"):
        return []
    if targets is None:
        targets = [t for value in parameter.values for t in _targets(scope, parameter, value)]
    return [t.removeprefix("Patient/") for t in targets if t.startswith("Patient/")]


def of_subject(scope: Scope) -> str:
    """Rows whose patient of the compartment is their subject."""
    mark = scope.arguments.add([NOT_SUBJECT], "bigint[]")
    return f"(NOT ({scope.alias}.tokens @> {mark})) IS TRUE"


def one_patient(scope: Scope, patient: str) -> str:
    """A patient's rows, by the index: it holds a hash, which is a fifth of the id."""
    name = scope.arguments.add(patient, "text")
    bucket = scope.arguments.add(bucket_of(patient), "smallint")
    own = scope.alias
    return (
        f"({own}.bucket = {bucket} AND {own}.patient = {name}"
        f" AND hashtextextended({own}.patient, 0) = hashtextextended({name}, 0))"
    )


def _hashes(scope: Scope, name: str, targets: list[str]) -> Hashes:
    key = scope.key(name)
    return Hashes([reference_hash(key, target) for target in targets])


def _identified(scope: Scope, name: str, wanted: list[tuple[str | None, str]]) -> Hashes:
    return token_hashes(scope, f"{name}:identifier", wanted)


def _targets(scope: Scope, parameter: Parameter, text: str) -> list[str]:
    value = unescape(text)
    base = scope.shared.base
    if base and value.startswith(f"{base}/"):
        value = value.removeprefix(f"{base}/")
    parsed = fhir.parse_reference(value)
    allowed = scope.shared.names.targets(scope.shape, parameter.name)
    if parsed is not None:
        named = f"{parsed[0]}/{parsed[1]}"
        if parameter.modifier not in (None, parsed[0]):
            return []
        return [named, f"{base}/{named}"] if base else [named]
    if ":" in value or "/" in value:
        return [value.partition("/_history/")[0]]
    if parameter.modifier is not None:
        return [f"{parameter.modifier}/{value}"]
    if parameter.name == "patient":
        return [f"Patient/{value}"]
    return [f"{kind}/{value}" for kind in allowed]


def uri(scope: Scope, parameter: Parameter) -> str:
    """The condition of a uri parameter; `:below` what begins with it, `:above` what it begins with.

    Raises Invalid.
    """
    key = scope.key(parameter.name)
    uris = texts_of(parameter.name, parameter.values)
    if parameter.modifier == "below":
        begins = " OR ".join(
            f"starts_with(v.value, {scope.arguments.add(each, 'text')})" for each in uris
        )
        field = scope.arguments.add(key, "text")
        return any_token(scope, Hashes(selected=[f"v.field = {field} AND ({begins})"]))
    if parameter.modifier == "above":
        uris = [each[:end] for each in uris for end in range(1, len(each) + 1)]
    return any_token(scope, Hashes([uri_hash(key, each) for each in dict.fromkeys(uris)]))
