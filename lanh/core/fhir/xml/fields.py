"""What may stand inside each type in XML, and how: in the order of the definitions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from lanh.core.fhir.definitions import definitions

FHIR_NAMESPACE = "http://hl7.org/fhir"
XHTML_NAMESPACE = "http://www.w3.org/1999/xhtml"

Form: TypeAlias = Literal["primitive", "complex", "resource", "xhtml", "attribute"]


@dataclass(frozen=True, slots=True)
class Field:
    """One element of a type; `order` is its place, which the types of a choice share."""

    name: str
    type: str
    many: bool
    form: Form
    order: int


def _form(owner: str, name: str, code: str, *, in_resource: bool) -> Form:
    if code == "xhtml":
        return "xhtml"
    if code in definitions().primitives:
        # An element's id and an extension's url are attributes (R4 2.6.1).
        attribute = (name == "id" and not in_resource) or (owner == "Extension" and name == "url")
        return "attribute" if attribute else "primitive"
    if definitions().structure(code).kind == "resource":
        return "resource"
    return "complex"


@lru_cache(maxsize=1024)
def fields(type_name: str) -> dict[str, Field]:
    """The elements of a type by their name in XML and JSON. Raises KeyError for no type."""
    structure = definitions().structure(type_name)
    in_resource = structure.kind == "resource"
    return {
        name: Field(
            name,
            option.code,
            element.is_list,
            _form(type_name, name, option.code, in_resource=in_resource),
            order,
        )
        for order, element in enumerate(structure.elements)
        for name, option in element.json_names()
    }


@lru_cache(maxsize=1)
def element_fields() -> dict[str, Field]:
    """What may stand inside a primitive: its id and extensions."""
    return fields("Element")
