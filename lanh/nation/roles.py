"""The roles of the health service: who may do what, with whose records, for which purpose."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from lanh.core.access import DIRECTORY_TYPES, Interaction, Purpose
from lanh.core.accounts import Right, Role, Sight, registry
from lanh.core.text import Catalogue

WORDS = Catalogue.load(Path(__file__).with_name("roles.yaml"))


class Capability(StrEnum):
    """What is no record: pages, queues and commands that a role opens. Pages ask by these names."""

    FIND_PERSON = "people.find"
    OPEN_PERSON = "people.open"
    OWN_RECORD = "people.own"
    TREAT = "people.treat"  # opens what other facilities hold of a person in one's own care
    LINK_PERSONS = "people.links"
    SEE_FIGURES = "figures.see"
    SEE_BEHIND_FIGURES = "figures.records"
    OWN_MESSAGES = "bus.receipts"
    ALL_MESSAGES = "bus.all"
    MESSAGE_SCORES = "bus.scores"  # how well the systems of one's places send
    VERIFY_AUDIT = "audit.verify"
    OPERATE = "site.operate"


READ: frozenset[Interaction] = frozenset({"read", "search", "history"})
WRITE: frozenset[Interaction] = frozenset({"create", "update"})

CLINICAL_TYPES = frozenset(
    {
        "AllergyIntolerance",
        "Appointment",
        "CarePlan",
        "CareTeam",
        "ClinicalImpression",
        "Composition",
        "Condition",
        "Device",
        "DeviceUseStatement",
        "DiagnosticReport",
        "DocumentReference",
        "Encounter",
        "EpisodeOfCare",
        "FamilyMemberHistory",
        "Flag",
        "Goal",
        "ImagingStudy",
        "Immunization",
        "ImmunizationRecommendation",
        "Media",
        "MedicationAdministration",
        "MedicationDispense",
        "MedicationRequest",
        "MedicationStatement",
        "NutritionOrder",
        "Observation",
        "Patient",
        "Procedure",
        "QuestionnaireResponse",
        "RelatedPerson",
        "ServiceRequest",
        "Specimen",
        "SupplyDelivery",
    }
)
PAYMENT_TYPES = frozenset({"Claim", "ClaimResponse", "Coverage", "ExplanationOfBenefit"})
STAFF_TYPES = frozenset({"Practitioner", "PractitionerRole"})
NOTIFIED_TYPES = frozenset({"Condition", "Encounter", "Immunization", "Observation", "Patient"})

_EVERYWHERE = frozenset({Sight.EVERYTHING})
_DIRECTORY = Right(READ, DIRECTORY_TYPES | STAFF_TYPES, _EVERYWHERE)
_TREATING = frozenset({Capability.FIND_PERSON, Capability.OPEN_PERSON, Capability.TREAT})

COMMUNE_NURSE = Role(
    "commune-nurse",
    WORDS["commune-nurse"],
    rights=(
        Right(READ, CLINICAL_TYPES, frozenset({Sight.RESIDENCE, Sight.FACILITY})),
        Right(READ, PAYMENT_TYPES, frozenset({Sight.FACILITY})),
        Right(WRITE, CLINICAL_TYPES, frozenset({Sight.FACILITY})),
        _DIRECTORY,
    ),
    purposes=(Purpose.TREATMENT, Purpose.PUBLIC_HEALTH),
    capabilities=_TREATING | {Capability.SEE_FIGURES, Capability.SEE_BEHIND_FIGURES},
)


HOSPITAL_DOCTOR = Role(
    "hospital-doctor",
    WORDS["hospital-doctor"],
    rights=(
        Right(
            READ | WRITE,
            CLINICAL_TYPES,
            frozenset({Sight.FACILITY}),
            sensitivities=frozenset({"HIV", "PSY", "GDIS"}),
        ),
        Right(READ, PAYMENT_TYPES, frozenset({Sight.FACILITY})),
        _DIRECTORY,
    ),
    purposes=(Purpose.TREATMENT,),
    capabilities=_TREATING | {Capability.SEE_FIGURES},
)

# Who answers for a facility before others: signs notices of death beside the doctor.
HOSPITAL_HEAD = Role(
    "hospital-head",
    WORDS["hospital-head"],
    rights=(
        Right(READ | WRITE, CLINICAL_TYPES, frozenset({Sight.FACILITY})),
        _DIRECTORY,
    ),
    purposes=(Purpose.OPERATIONS,),
    capabilities=frozenset({Capability.SEE_FIGURES}),
)

HOSPITAL_IT = Role(
    "hospital-it",
    WORDS["hospital-it"],
    rights=(_DIRECTORY,),
    purposes=(Purpose.OPERATIONS,),
    capabilities=frozenset({Capability.OWN_MESSAGES, Capability.MESSAGE_SCORES}),
)

# Who answers for a hospital's plan: its wards and beds, and the reports of them.
HOSPITAL_PLANNER = Role(
    "hospital-planner",
    WORDS["hospital-planner"],
    rights=(_DIRECTORY,),
    purposes=(Purpose.OPERATIONS,),
    capabilities=frozenset({Capability.SEE_FIGURES}),
)

PROVINCIAL_OFFICER = Role(
    "provincial-officer",
    WORDS["provincial-officer"],
    rights=(
        Right(READ, NOTIFIED_TYPES, frozenset({Sight.RESIDENCE, Sight.CUSTODIAN})),
        _DIRECTORY,
    ),
    purposes=(Purpose.PUBLIC_HEALTH,),
    capabilities=frozenset(
        {
            Capability.FIND_PERSON,
            Capability.OPEN_PERSON,
            Capability.SEE_FIGURES,
            Capability.SEE_BEHIND_FIGURES,
            Capability.MESSAGE_SCORES,
        }
    ),
)

FACILITY_REGISTRAR = Role(
    "facility-registrar",
    WORDS["facility-registrar"],
    rights=(_DIRECTORY,),
    purposes=(Purpose.OPERATIONS,),
    capabilities=frozenset({Capability.SEE_FIGURES}),
)

DATA_STEWARD = Role(
    "data-steward",
    WORDS["data-steward"],
    rights=(
        Right(READ, frozenset({"Patient", "Person", "RelatedPerson"}), _EVERYWHERE),
        _DIRECTORY,
    ),
    purposes=(Purpose.OPERATIONS,),
    capabilities=frozenset(
        {
            Capability.FIND_PERSON,
            Capability.OPEN_PERSON,
            Capability.LINK_PERSONS,
            Capability.ALL_MESSAGES,
            Capability.SEE_FIGURES,
        }
    ),
)

PROVINCIAL_DATA_STEWARD = Role(
    "provincial-data-steward",
    WORDS["provincial-data-steward"],
    rights=(
        Right(
            READ,
            frozenset({"Patient", "RelatedPerson"}),
            frozenset({Sight.RESIDENCE, Sight.CUSTODIAN}),
        ),
        _DIRECTORY,
    ),
    purposes=(Purpose.OPERATIONS,),
    capabilities=frozenset(
        {
            Capability.FIND_PERSON,
            Capability.OPEN_PERSON,
            Capability.LINK_PERSONS,
            Capability.SEE_FIGURES,
        }
    ),
)

MINISTRY_LEADER = Role(
    "ministry-leader",
    WORDS["ministry-leader"],
    rights=(_DIRECTORY,),
    purposes=(Purpose.PUBLIC_HEALTH,),
    capabilities=frozenset({Capability.SEE_FIGURES, Capability.MESSAGE_SCORES}),
)

CITIZEN = Role(
    "citizen",
    WORDS["citizen"],
    rights=(
        Right(READ, CLINICAL_TYPES | PAYMENT_TYPES, frozenset({Sight.OWN}), sensitivities=None),
        _DIRECTORY,
    ),
    purposes=(Purpose.PATIENT_REQUEST,),
    capabilities=frozenset({Capability.OWN_RECORD}),
)

OPERATOR = Role(
    "operator",
    WORDS["operator"],
    rights=(_DIRECTORY,),
    purposes=(Purpose.OPERATIONS,),
    capabilities=frozenset({Capability.ALL_MESSAGES, Capability.VERIFY_AUDIT, Capability.OPERATE}),
)

ROLES = registry(
    COMMUNE_NURSE,
    HOSPITAL_DOCTOR,
    HOSPITAL_HEAD,
    HOSPITAL_IT,
    HOSPITAL_PLANNER,
    PROVINCIAL_OFFICER,
    FACILITY_REGISTRAR,
    DATA_STEWARD,
    PROVINCIAL_DATA_STEWARD,
    MINISTRY_LEADER,
    CITIZEN,
    OPERATOR,
)
