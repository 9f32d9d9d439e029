"""A registry to look at: facilities that cannot be real, written as the platform writes them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from lanh.core.access import Access, Purpose, Subject, system_access
from lanh.core.accounts import Account, Post, access_for
from lanh.core.database import SyncDatabase
from lanh.core.desks import Visitor
from lanh.core.store import Context, Store, Write
from lanh.core.text import Language
from lanh.kit import roles_with
from lanh.nation import codes, naming
from lanh.nation.local_time import VIETNAM
from lanh.nation.place import Places
from lanh.nation.roles import ROLES
from lanh.systems.facilities.system import SYSTEM

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=VIETNAM)  # a Friday morning
_ROLES = roles_with(ROLES, [SYSTEM])
BA_DINH, SAI_GON = "00004", "26740"
NURSERY = f"{naming.FACILITY_SERVICE}|child"


def access_of(role: str, area: str | None = None) -> Access:
    """What somebody in a post may do."""
    account = Account("7", "x", "X", "vi", True, None, (Post(role, area),))
    return access_for(account, NOW.date(), None, Places.packaged(), _ROLES)


def visitor(access: Access | None = None, language: Language = "vi") -> Visitor:
    """Somebody at the desk; nobody known where no access is given."""
    public = access or access_of("citizen")
    return Visitor("7", "citizen", public, language, NOW, store=Store())


def concept(system: str, code: str) -> dict[str, Any]:
    """A type of a record."""
    return {"coding": [{"system": system, "code": code}]}


def facility(code: str, commune: str, *services: str, away: float = 0.0, hours: Any = ()
             ) -> tuple[dict[str, Any], dict[str, Any]]:  # fmt: skip
    """A hospital's place and entity, `away` degrees north of its commune's centre."""
    unit = Places.packaged().commune(commune, NOW.date())
    assert unit is not None and unit.latitude is not None and unit.longitude is not None
    name = f"Bệnh viện Mẫu {code}"
    address = {
        "extension": [
            {
                "url": naming.COMMUNE_EXTENSION,
                "valueCoding": {"system": naming.COMMUNE, "code": commune},
            }
        ],
        "text": f"Số 1, {unit.name}",
    }
    identifier = [{"system": naming.FACILITY_CODE, "value": code}]
    types = [concept(naming.FACILITY_KIND, "hospital"), concept(naming.FACILITY_LEVEL, "regional")]
    place = {
        "resourceType": "Location",
        "id": f"place-{code}",
        "identifier": identifier,
        "status": "active",
        "name": name,
        "type": [*types, *(concept(naming.FACILITY_SERVICE, each) for each in services)],
        "address": address,
        "position": {
            "latitude": Decimal(f"{unit.latitude + away:.5f}"),
            "longitude": Decimal(f"{unit.longitude:.5f}"),
        },
        "managingOrganization": {"reference": f"Organization/entity-{code}"},
    }
    if hours:
        place["hoursOfOperation"] = hours
    entity = {
        "resourceType": "Organization",
        "id": f"entity-{code}",
        "identifier": identifier,
        "active": True,
        "type": types,
        "name": name,
        "address": [address],
    }
    return place, entity


def fill(database: SyncDatabase, *facilities: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Write facilities, each under its own code and commune."""
    codes.publish(database, Store())
    store = Store()
    while database.transact(store.reindex()) is not None:
        pass
    for place, entity in facilities:
        code = place["identifier"][0]["value"]
        commune = place["address"]["extension"][0]["valueCoding"]["code"]
        context = Context(system_access("test"), custodian=code, commune=commune)
        writes = [Write("update", r["resourceType"], r["id"], r) for r in (entity, place)]
        database.transact(store.write(writes, context))


def stranger() -> Access:
    """Somebody without any right."""
    return Access(Subject("person", "9", "Y"), Purpose.OPERATIONS)
