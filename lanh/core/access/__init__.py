"""Subject, purpose and grants to a predicate tree; pure."""

from lanh.core.access.predicate import (
    AllOf,
    AnyOf,
    CommuneIn,
    CustodianIn,
    Everything,
    Nothing,
    PatientIn,
    Predicate,
    ResidenceIn,
    SensitivityIn,
)
from lanh.core.access.subject import Access, Grant, Interaction, Purpose, Subject

__all__ = [
    "Access",
    "AllOf",
    "AnyOf",
    "CommuneIn",
    "CustodianIn",
    "Everything",
    "Grant",
    "Interaction",
    "Nothing",
    "PatientIn",
    "Predicate",
    "Purpose",
    "ResidenceIn",
    "SensitivityIn",
    "Subject",
]
