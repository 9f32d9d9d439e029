"""How each type's rows look: its table, its number, its main code and date, its range columns.

The migration `0001_store.sql` makes the tables from the same facts (a test compares them with the
database), so a type or a column changes in both places or in neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, TypeAlias

from lanh.core import fhir

BUCKETS = 64  # logical shards; a physical partition holds a run of them

# Types with so many rows that their tables are partitioned by the person's bucket.
PARTITIONED = frozenset(
    {
        "Claim", "Condition", "DiagnosticReport", "Encounter", "ExplanationOfBenefit",
        "Immunization", "MedicationDispense", "MedicationRequest", "Observation", "Patient",
        "Procedure",
    }
)  # fmt: skip

# Where the parameter `code` is not what the type is mostly searched by.
_MAIN_CODE = {"Immunization": "vaccine-code", "SupplyRequest": "category"}

# Where several dates may stand for "when": the first that is present.
_MAIN_DATE: dict[str, tuple[str, ...]] = {
    "Condition": ("onset-date", "recorded-date"),
    "MedicationDispense": ("whenhandedover", "whenprepared"),
    "MedicationRequest": ("authoredon",),
}
_MAIN_DATE_ORDER = (
    "date", "authoredon", "authored-on", "authored", "created", "period", "effective",
    "effective-time", "started", "start", "collected", "issued", "recorded", "sent", "occurrence",
    "birthdate", "datetime", "datewritten", "timestamp", "identified", "start-date",
    "entered-date", "onset",
)  # fmt: skip

# Parameters answered from those of their parts.
COMBINED: dict[tuple[str, str], tuple[str, ...]] = {
    ("Observation", "combo-code"): ("code", "component-code"),
    ("Observation", "combo-value-concept"): ("value-concept", "component-value-concept"),
    ("Observation", "combo-value-quantity"): ("value-quantity", "component-value-quantity"),
    ("Observation", "combo-data-absent-reason"): (
        "data-absent-reason",
        "component-data-absent-reason",
    ),
}

# Composites of code and value at the root or in a component: answered from those of the two.
COMBINED_COMPOSITES: dict[tuple[str, str], tuple[str, ...]] = {
    ("Observation", f"combo-code-{value}"): (f"code-{value}", f"component-code-{value}")
    for value in ("value-concept", "value-quantity")
}

# Types of which one row can name several Patients, or whose Patient is no part of the compartment:
# the patient column does not tell all of them.
_SEVERAL_PATIENTS = frozenset(
    {
        "Account", "Appointment", "AppointmentResponse", "AuditEvent", "Contract", "Device",
        "GuidanceResponse", "MedicinalProductAuthorization", "MedicinalProductContraindication",
        "MedicinalProductIndication", "MedicinalProductInteraction", "MedicinalProductPackaged",
        "MedicinalProductUndesirableEffect", "Person", "Provenance", "Task",
    }
)  # fmt: skip
_PATIENT_PARAMETERS = ("patient", "subject", "beneficiary")

# Types whose names are kept word by word, for prefix search without marks.
NAMED = frozenset({"Patient", "Person", "Practitioner", "RelatedPerson"})

# Types that are listed by name, nation-wide: rows keep their name as it sorts in Vietnamese.
SORTED = frozenset({"Location", "Organization", "Patient"})

# Types that others refer to so often that rows are looked up by the hash of their reference.
REFERRED = frozenset(
    {"Encounter", "Location", "Organization", "Practitioner", "PractitionerRole", "ServiceRequest"}
)

# Values of these are of one person or thing; all other tokens are codes, which repeat.
_NOT_CODES = frozenset({"ContactPoint", "Identifier", "id", "string"})

RangeKind: TypeAlias = Literal["date", "number"]


@dataclass(frozen=True, slots=True)
class Range:
    """A pair of columns `COLUMN_lo`, `COLUMN_hi` that spans a parameter's values in a row."""

    parameter: str
    column: str
    kind: RangeKind


@dataclass(frozen=True, eq=False)
class Layout:
    """The shape of one type's rows.

    `main_dates` are the parameters of which the first present fills date_lo and date_hi; where
    there is only one, that pair is its only pair of columns. `patient_parameters` are answered by
    the patient column.
    """

    type: str
    number: int
    main_code: str | None
    main_dates: tuple[str, ...]
    ranges: tuple[Range, ...]
    kinds: dict[str, str]
    targets: dict[str, tuple[str, ...]]
    patient_parameters: frozenset[str]

    @cached_property
    def table(self) -> str:
        """The table of current rows, quoted and with its schema."""
        return f'store."{self.type.lower()}"'

    @cached_property
    def main_date_alone(self) -> frozenset[str]:
        """The main date parameter where it has no pair of columns beside date_lo, date_hi."""
        return frozenset(self.main_dates) if len(self.main_dates) == 1 else frozenset()

    @cached_property
    def own_key(self) -> bool:
        """Whether rows stand by their own id: Patients, and types that concern no patient."""
        return self.type == "Patient" or not any(
            "Patient" in each for each in self.targets.values()
        )

    @cached_property
    def bits(self) -> dict[str, int]:
        """The bit of `present` that says whether a row has a value of a parameter."""
        names = sorted(
            name
            for name, kind in self.kinds.items()
            if kind in ("token", "reference", "uri") and name not in ("_id", "_query")
        )
        return {name: 1 << at for at, name in enumerate(names)}

    @cached_property
    def listed(self) -> frozenset[str]:
        """Token parameters whose codes are in the vocabulary: rows hold one hash a coding."""
        return frozenset(
            name
            for name, kind in self.kinds.items()
            if kind == "token" and not fhir.value_types(self.type, name) & _NOT_CODES
        )

    @cached_property
    def identified(self) -> frozenset[str]:
        """Token parameters whose values are identifiers, with or without a system."""
        return frozenset(
            name
            for name, kind in self.kinds.items()
            if kind == "token" and "Identifier" in fhir.value_types(self.type, name)
        )

    @cached_property
    def single(self) -> frozenset[str]:
        """Date, number and quantity parameters of which a row has at most one value."""
        return frozenset(
            name
            for name, kind in self.kinds.items()
            if kind in ("date", "number", "quantity") and fhir.single(self.type, name)
        )

    @property
    def has_position(self) -> bool:
        """Whether rows carry latitude and longitude."""
        return self.type == "Location"

    @property
    def has_residence(self) -> bool:
        """Whether rows carry the commune of residence: on the Patient only."""
        return self.type == "Patient"

    @property
    def has_sort_name(self) -> bool:
        """Whether rows carry the key by which their names sort."""
        return self.type in SORTED

    @property
    def walked(self) -> bool:
        """Whether lists of the whole type walk an index in their order: nothing is narrower."""
        return self.type in SORTED and not self.has_residence

    def range_of(self, parameter: str) -> Range | None:
        """The pair of columns that answers a date, number or quantity parameter."""
        if self.main_dates == (parameter,):
            return Range(parameter, "date", "date")
        return next((each for each in self.ranges if each.parameter == parameter), None)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns beside the common ones: range pairs, those of a Patient, a Location, and the
        key of the name, which comes last."""
        found = [f"{each.column}_{end}" for each in self.ranges for end in ("lo", "hi")]
        if self.has_position:
            found += ["latitude", "longitude"]
        if self.has_residence:
            found.append("residence")
        if self.has_sort_name:
            found.append("sort_name")
        return tuple(found)


def _kinds(resource_type: str) -> dict[str, str]:
    return {each.name: each.kind for each in fhir.search_parameters(resource_type)}


def _main_dates(resource_type: str, kinds: dict[str, str]) -> tuple[str, ...]:
    if resource_type in _MAIN_DATE:
        return _MAIN_DATE[resource_type]
    found = (name for name in _MAIN_DATE_ORDER if kinds.get(name) == "date")
    first = next(found, None)
    return () if first is None else (first,)


def _main_code(resource_type: str, kinds: dict[str, str]) -> str | None:
    wished = _MAIN_CODE.get(resource_type)
    for name in (wished, "code", "type"):
        if name is not None and kinds.get(name) == "token":
            return name
    return None


def _ranges(resource_type: str, kinds: dict[str, str], main: tuple[str, ...]) -> list[Range]:
    ranges = []
    for name, kind in sorted(kinds.items()):
        if kind not in ("date", "number", "quantity") or name.startswith("_"):
            continue
        if (resource_type, name) in COMBINED or main == (name,):
            continue
        column = "other_date" if name == "date" else name.replace("-", "_")
        ranges.append(Range(name, column, "date" if kind == "date" else "number"))
    return ranges


@lru_cache(maxsize=256)
def layout(resource_type: str) -> Layout:
    """The shape of a type's rows. Raises KeyError for a type that the store does not keep."""
    number = NUMBERS[resource_type]
    parameters = fhir.search_parameters(resource_type)
    kinds = _kinds(resource_type)
    main_dates = _main_dates(resource_type, kinds)
    patient_parameters = (
        frozenset()
        if resource_type in _SEVERAL_PATIENTS
        else frozenset(name for name in _PATIENT_PARAMETERS if kinds.get(name) == "reference")
    )
    return Layout(
        type=resource_type,
        number=number,
        main_code=_main_code(resource_type, kinds),
        main_dates=main_dates,
        ranges=tuple(_ranges(resource_type, kinds, main_dates)),
        kinds=kinds,
        targets={
            each.name: fhir.reference_targets(resource_type, each.name) for each in parameters
        },
        patient_parameters=patient_parameters,
    )


# A type's number is its place among the types of R4 in alphabetical order and never changes.
NUMBERS: dict[str, int] = {
    name: number for number, name in enumerate(sorted(fhir.RESOURCE_TYPES), start=1)
}
TYPES: dict[int, str] = {number: name for name, number in NUMBERS.items()}
