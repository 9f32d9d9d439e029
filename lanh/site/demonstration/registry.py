"""The facility registry, as each facility's system sends its entry: facility, staff, posts."""

from __future__ import annotations

from collections.abc import Iterator

from lanh.nation import naming
from lanh.site.demonstration.facilities import Network
from lanh.site.demonstration.fhir_records import Resource, address, coding, human_name, meta
from lanh.site.demonstration.model import Duty, Facility, Kind, Staff
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


# What facilities of a kind offer, and when they are open (None: day and night).
_SERVICES: dict[Kind, tuple[str, ...]] = {
    "hospital": ("emergency", "general", "child", "maternity", "surgery", "laboratory", "imaging"),
    "station": ("general", "child", "vaccination", "prevention"),
    "clinic": ("general", "laboratory"),
    "pharmacy": ("medicines",),
    "preventive-centre": ("vaccination", "prevention"),
}
_HOURS: dict[Kind, tuple[str, str, int] | None] = {
    "hospital": None,
    "station": ("07:00:00", "17:00:00", 7),
    "clinic": ("07:00:00", "20:00:00", 6),
    "pharmacy": ("07:00:00", "22:00:00", 7),
    "preventive-centre": ("07:30:00", "16:30:00", 5),
}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _ownership(facility: Facility) -> str:
    return {"central": "ministry", "private": "private"}.get(facility.level, "province")


def _types(facility: Facility) -> list[Resource]:
    return [
        coding(naming.FACILITY_KIND, "facility_kinds", facility.kind),
        coding(naming.FACILITY_LEVEL, "facility_levels", facility.level),
        coding(naming.FACILITY_OWNERSHIP, "facility_ownership", _ownership(facility)),
    ]


def _hours(facility: Facility) -> Resource:
    hours = _HOURS[facility.kind]
    if hours is None:
        return {"daysOfWeek": list(_DAYS), "allDay": True}
    opens, closes, days = hours
    return {"daysOfWeek": list(_DAYS[:days]), "openingTime": opens, "closingTime": closes}


def _organization(facility: Facility) -> Resource:
    licence = {
        "system": naming.FACILITY_LICENCE,
        "value": f"{facility.code}/TEST-GPHD",
        "period": {"start": "2020-01-02"},
        "assigner": {"display": "Sở Y tế (mẫu)"},
    }
    return {
        "resourceType": "Organization",
        "id": organization_id(facility.code),
        "meta": meta(),
        "identifier": [{"system": naming.FACILITY_CODE, "value": facility.code}, licence],
        "active": True,
        "type": _types(facility),
        "name": facility.name,
        "alias": [facility.english],
        "address": [{**address(facility.place, "Trung tâm"), "use": "work"}],
    }


def _location(facility: Facility) -> Resource:
    services = [
        coding(naming.FACILITY_SERVICE, "facility_services", each)
        for each in _SERVICES[facility.kind]
    ]
    return {
        "resourceType": "Location",
        "id": record_id("location", facility.code),
        "meta": meta(),
        "identifier": [{"system": naming.FACILITY_CODE, "value": facility.code}],
        "status": "active",
        "name": facility.name,
        "alias": [facility.english],
        "mode": "instance",
        "type": [*_types(facility), *services],
        "telecom": [{"system": "phone", "value": f"000 {facility.code}"}],
        "address": {**address(facility.place, "Trung tâm"), "use": "work"},
        "position": {
            "longitude": round(facility.place.longitude, 5),
            "latitude": round(facility.place.latitude, 5),
        },
        "managingOrganization": {"reference": f"Organization/{organization_id(facility.code)}"},
        "hoursOfOperation": [_hours(facility)],
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
