"""Loading forms: read, checked, made into the typed model."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lanh.core.fhir.definitions import definitions
from lanh.core.forms.building import build
from lanh.core.forms.checking import faults_of
from lanh.core.forms.errors import FormInvalid
from lanh.core.forms.model import Form
from lanh.core.forms.notation import read_notation
from lanh.core.forms.sdc import Json


def load_form(path: Path, profiles: Iterable[Json] = ()) -> Form:
    """The form of a YAML file. Raises FormInvalid with everything that is wrong with it."""
    return read_form(read_notation(path.read_text(encoding="utf-8"), path.name), profiles)


def read_form(source: Json, profiles: Iterable[Json] = (), *, house: bool = True) -> Form:
    """The form of a Questionnaire's JSON. `profiles` are StructureDefinitions of resource types
    that its definitions may name besides those of R4. Without the rules of the `house`, anybody's
    will do: in one language, without name or version. Raises FormInvalid."""
    kinds = definitions().resource_types
    types = {str(p.get("url")): str(p["type"]) for p in profiles if p.get("type") in kinds}
    faults = faults_of(source, types, house=house)
    if faults:
        raise FormInvalid(faults)
    return build(source, types)
