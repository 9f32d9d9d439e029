"""The FHIR R4 (4.0.1) definitions as typed tables, read once from the packaged file.

Source: hl7.fhir.r4.core 4.0.1 (HL7, CC0), made compact by `lanh.core.fhir.build`.
"""

from lanh.core.fhir.definitions.tables import (
    CHOICE,
    MODIFIER,
    SUMMARY,
    Definitions,
    Element,
    Invariant,
    ParameterRow,
    Structure,
    TypeOption,
    definitions,
)

__all__ = [
    "CHOICE",
    "MODIFIER",
    "SUMMARY",
    "Definitions",
    "Element",
    "Invariant",
    "ParameterRow",
    "Structure",
    "TypeOption",
    "definitions",
]
