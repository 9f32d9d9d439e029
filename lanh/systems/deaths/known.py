"""What is read about a person before a notice is written: who they are, what was told before."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from lanh.core import matching
from lanh.core.access import system_access
from lanh.core.database import Plan
from lanh.core.desks import Indexing, Opening
from lanh.core.forms import Answers
from lanh.core.store import Context, Store, Stored
from lanh.nation import naming
from lanh.nation.facility import FacilityNames
from lanh.nation.local_time import VIETNAM
from lanh.nation.person import display_name
from lanh.nation.person.home_address import residence_words
from lanh.nation.place import Places
from lanh.systems.deaths.words import WORDS

_NOTICE = "http://loinc.org|64297-5"
_MOST = "20"
# Whether a person was told dead elsewhere is asked across facilities; of the answer a doctor is
# shown the facility and the day.
_ACCESS = system_access("deaths")


@lru_cache(maxsize=4)
def _names(store: Store) -> FacilityNames:
    """The names of facilities, which a store's process keeps a while: a form asks at each save."""
    return FacilityNames(store)


def contexts(opening: Opening) -> Plan[Mapping[str, Any]]:
    """The resources that the form is opened with: the Patient, the facility, who writes."""
    facility = opening.access.facility
    names = yield from _names(opening.store).of([facility])
    code = {"system": naming.FACILITY_CODE, "value": facility}
    found: dict[str, Any] = {
        "facility": {
            "resourceType": "Organization", "identifier": [code],
            "name": names.get(facility or "", facility),
        },
        "author": {
            "resourceType": "Practitioner", "name": [{"text": opening.access.subject.name}],
        },
    }  # fmt: skip
    if opening.resource is not None and opening.resource.get("resourceType") == "Patient":
        patient = dict(opening.resource)
        name = display_name(patient)
        lives = residence_words(patient, Places.packaged(), opening.at.astimezone(VIETNAM).date())
        patient |= {"name": [{"text": name}]} if name else {}
        found["patient"] = patient | ({"address": [{"text": lives}]} if lives else {})
    return found


def patient_of(response: Mapping[str, Any]) -> str | None:
    """The source Patient that a notice is about."""
    found = Answers(response).group("deceased").value("patient")
    return str(found) if found else None


def index(response: dict[str, Any], opening: Opening) -> Indexing:
    """A second notice about a Patient is a correction of the first."""
    patient = patient_of(response)
    name = Answers(response).group("deceased").value("name") or ""
    title = WORDS["view.title"]
    said = type(title)(title.say("vi", name=name), title.say("en", name=name))
    return Indexing(once=f"death|{patient}" if patient else None, patient=patient, title=said)


def facts(opening: Opening) -> Plan[Mapping[str, Any]]:
    """What rules are told: the moment, other notices of the person, people who are alike."""
    found: dict[str, Any] = {"now": opening.at, "others": [], "alike": []}
    patient = patient_of(opening.response or {})
    if patient is None:
        return found
    linked = yield from _linked(patient)
    for each in linked:
        search, _ = yield from opening.store.parse(
            "Composition", [("subject", f"Patient/{each}"), ("type", _NOTICE), ("_count", _MOST)]
        )
        page = yield from opening.store.search(search, Context(_ACCESS))
        for row in page.entries:
            notice = row.resource()
            if notice.get("status") != "entered-in-error":
                found["others"].append((row.custodian or "", _died(notice)))
    alike = yield from _alike(opening, {patient, *linked})
    found["alike"] = alike
    return found


def _linked(patient: str) -> Plan[list[str]]:
    """The other source Patients of the same person."""
    persons = yield from matching.persons_of([patient])
    if patient not in persons:
        return []
    records = yield from matching.records_of([persons[patient]])
    return [each for each in records[persons[patient]] if each != patient]


def _alike(opening: Opening, known: set[str]) -> Plan[list[tuple[str, str]]]:
    """(facility, time of death) of dead people of the same name and birth who are not linked."""
    deceased = Answers(opening.response or {}).group("deceased")
    name, born = deceased.value("name"), deceased.value("born")
    if not name or not born:
        return []
    search, _ = yield from opening.store.parse(
        "Patient",
        [("name", name), ("birthdate", born), ("deceased", "true"), ("_count", _MOST)],
    )
    page = yield from opening.store.search(search, Context(_ACCESS))
    return [
        (row.custodian or "", str(row.resource().get("deceasedDateTime", "")))
        for row in page.entries
        if row.id not in known and _named(row, name)
    ]


def _named(row: Stored, name: str) -> bool:
    return (display_name(row.resource()) or "").casefold() == name.casefold()


def _died(notice: Mapping[str, Any]) -> str:
    events = notice.get("event") or [{}]
    return str(events[0].get("period", {}).get("start", ""))
