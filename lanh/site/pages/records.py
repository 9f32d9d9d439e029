"""The port Records: everything a page may read about one human."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lanh.core.access import Access, permitted
from lanh.core.database import Plan
from lanh.core.store import Context, Parameter, Search, Store, Stored
from lanh.core.web.services import Record
from lanh.nation import naming
from lanh.nation.facility import FacilityNames
from lanh.site.pages.care import in_care

# What a timeline shows, and the search parameter that leads to it from the Patient.
TIMELINE_TYPES = {
    "AllergyIntolerance": "patient",
    "Claim": "patient",
    "ClinicalImpression": "patient",
    "Condition": "patient",
    "Coverage": "beneficiary",
    "DiagnosticReport": "patient",
    "DocumentReference": "patient",
    "Encounter": "patient",
    "Immunization": "patient",
    "MedicationDispense": "patient",
    "MedicationRequest": "patient",
    "Observation": "patient",
    "Procedure": "patient",
    "ServiceRequest": "patient",
}
_PAGE = 500
_MOST = 5000  # of one type, newest first: more than a lifetime's visits; see INTERPRETATIONS.md


@dataclass(frozen=True, slots=True)
class PageRecords:
    """Records of one human's source Patients, each with its facility and the message it came by."""

    store: Store
    facilities: FacilityNames

    def of_patients(self, patients: Sequence[str], access: Access) -> Plan[Sequence[Record]]:
        """Every readable record of these source Patients' compartments, the Patients too."""
        access = yield from in_care(self.store, patients, access)
        context = Context(access)
        own = [("Patient", patient) for patient in patients]
        stored = list((yield from self.store.read_many(own, context)))
        references = tuple(f"Patient/{patient}" for patient in patients)
        for type_, parameter in TIMELINE_TYPES.items():
            if not permitted(access, "search", type_):
                continue
            stored += yield from self._all(type_, Parameter(parameter, references), context)
        kept = [entry for entry in stored if not entry.deleted]
        names = yield from self.facilities.of(entry.custodian for entry in kept)
        return [_record(entry, names) for entry in kept]

    def _all(self, type_: str, parameter: Parameter, context: Context) -> Plan[list[Stored]]:
        found: list[Stored] = []
        cursor: str | None = None
        while len(found) < _MOST:
            search = Search(type_, (parameter,), count=_PAGE, cursor=cursor)
            page = yield from self.store.search(search, context)
            found += page.entries
            cursor = page.next_cursor
            if cursor is None:
                break
        return found


def _record(entry: Stored, names: dict[str, str]) -> Record:
    return Record(
        type=entry.type,
        id=entry.id,
        version=entry.version,
        updated=entry.updated,
        resource=entry.resource(),
        facility=entry.custodian,
        facility_name=names.get(entry.custodian or ""),
        receipt=naming.receipt_of(entry.source),
    )
