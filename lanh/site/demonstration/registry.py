"""The facility registry, as the ministry's system sends it: facilities, staff, posts."""

from __future__ import annotations

from collections.abc import Iterator

from lanh.nation import naming
from lanh.site.demonstration.facilities import Network
from lanh.site.demonstration.fhir_records import Resource, address, coding, human_name, meta
from lanh.site.demonstration.model import Duty, Facility, Staff
from lanh.site.demonstration.randomness import record_id

_ROLES: dict[Duty, tuple[str, str]] = {
    "doctor": ("doctor", "Bác sĩ"),
    "nurse": ("nurse", "Điều dưỡng"),
    "midwife": ("midwife", "Hộ sinh"),
    "technician": ("technician", "Kỹ thuật viên"),
    "pharmacist": ("pharmacist", "Dược sĩ"),
}
_DUTY = "urn:lanh:codes:duty"


def records(network: Network) -> Iterator[list[Resource]]:
    """The records of each facility, facility after facility; references stay within a list."""
    for facility in network.facilities:
        found = [_organization(facility), _location(facility)]
        for staff in facility.staff:
            found += [_practitioner(staff), _role(staff)]
        yield found


def organization_id(code: str) -> str:
    """The id of a facility's Organization."""
    return record_id("organization", code)


def _organization(facility: Facility) -> Resource:
    return {
        "resourceType": "Organization",
        "id": organization_id(facility.code),
        "meta": meta(),
        "identifier": [{"system": naming.FACILITY_CODE, "value": facility.code}],
        "active": True,
        "type": [
            coding(naming.FACILITY_KIND, "facility_kinds", facility.kind),
            coding(naming.FACILITY_LEVEL, "facility_levels", facility.level),
        ],
        "name": facility.name,
        "alias": [facility.english],
        "address": [{**address(facility.place, "Trung tâm"), "use": "work"}],
    }


def _location(facility: Facility) -> Resource:
    return {
        "resourceType": "Location",
        "id": record_id("location", facility.code),
        "meta": meta(),
        "identifier": [{"system": naming.FACILITY_CODE, "value": facility.code}],
        "status": "active",
        "name": facility.name,
        "mode": "instance",
        "address": {**address(facility.place, "Trung tâm"), "use": "work"},
        "position": {
            "longitude": round(facility.place.longitude, 5),
            "latitude": round(facility.place.latitude, 5),
        },
        "managingOrganization": {"reference": f"Organization/{organization_id(facility.code)}"},
    }


def _practitioner(staff: Staff) -> Resource:
    return {
        "resourceType": "Practitioner",
        "id": record_id("practitioner", staff.licence),
        "meta": meta(),
        "identifier": [
            {"system": naming.PRACTITIONER_LICENCE, "value": staff.licence},
            {"system": naming.INSURANCE_NUMBER, "value": staff.insurance_number},
        ],
        "active": True,
        "name": [human_name(staff.name)],
        "gender": staff.sex,
    }


def _role(staff: Staff) -> Resource:
    code, text = _ROLES[staff.duty]
    return {
        "resourceType": "PractitionerRole",
        "id": record_id("role", staff.facility, staff.licence),
        "meta": meta(),
        "active": True,
        "practitioner": {"reference": f"Practitioner/{record_id('practitioner', staff.licence)}"},
        "organization": {"reference": f"Organization/{organization_id(staff.facility)}"},
        "code": [{"coding": [{"system": _DUTY, "code": code, "display": text}], "text": text}],
        "specialty": [coding(naming.DEPARTMENT, "departments", staff.department)],
    }
