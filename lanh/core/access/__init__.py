"""Subject, purpose and grants to a predicate tree; pure."""

from lanh.core.access.decision import (
    EVERY_INTERACTION,
    RowFacts,
    allows,
    narrowed,
    permitted,
    predicate,
    system_access,
)
from lanh.core.access.predicate import (
    AllOf,
    AnyOf,
    CommuneIn,
    CustodianIn,
    Everything,
    NoPatient,
    Nothing,
    PatientIn,
    Predicate,
    ResidenceIn,
    SensitivityIn,
)
from lanh.core.access.scopes import (
    DIRECTORY_TYPES,
    Reach,
    Scope,
    grants_for_client,
    negotiate,
    parse_scope,
)
from lanh.core.access.simplification import simplify
from lanh.core.access.subject import Access, Grant, Interaction, Purpose, Subject

__all__ = [
    "DIRECTORY_TYPES",
    "EVERY_INTERACTION",
    "Access",
    "AllOf",
    "AnyOf",
    "CommuneIn",
    "CustodianIn",
    "Everything",
    "Grant",
    "Interaction",
    "NoPatient",
    "Nothing",
    "PatientIn",
    "Predicate",
    "Purpose",
    "Reach",
    "ResidenceIn",
    "RowFacts",
    "Scope",
    "SensitivityIn",
    "Subject",
    "allows",
    "grants_for_client",
    "narrowed",
    "negotiate",
    "parse_scope",
    "permitted",
    "predicate",
    "simplify",
    "system_access",
]
