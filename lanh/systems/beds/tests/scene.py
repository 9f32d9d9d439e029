"""Two hospitals of Ha Noi and one of Ho Chi Minh City, none real, with wards and beds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from lanh.core import terminology
from lanh.core.access import Access, system_access
from lanh.core.accounts import Account, Post, access_for
from lanh.core.database import Plan, SyncDatabase
from lanh.core.desks import Desks, FormScreen, Sent, Visitor
from lanh.core.store import Context, Store, Write
from lanh.core.terminology import Terminology
from lanh.core.text import Language
from lanh.core.workflow import Case, Definitions, Workflow
from lanh.kit import roles_with
from lanh.nation import codes, naming
from lanh.nation.calendar import packaged
from lanh.nation.local_time import VIETNAM
from lanh.nation.place import Places
from lanh.nation.roles import ROLES
from lanh.systems.beds.expecting import expect
from lanh.systems.beds.system import SYSTEM

T = TypeVar("T")

_ROLES = roles_with(ROLES, [SYSTEM])
DAY = date(2026, 11, 18)  # a Wednesday
BA_DINH, SAI_GON = "00004", "26740"
HOSPITALS = {"99001": (BA_DINH, 0.0), "99002": (BA_DINH, 0.05), "99003": (SAI_GON, 0.0)}


def site(code: str) -> dict[str, Any]:
    """A hospital's place."""
    commune, away = HOSPITALS[code]
    unit = Places.packaged().commune(commune, DAY)
    assert unit is not None and unit.latitude is not None
    coding = {"system": naming.COMMUNE, "code": commune}
    hospital = {"system": naming.FACILITY_KIND, "code": "hospital"}
    return {
        "resourceType": "Location",
        "id": f"place-{code}",
        "identifier": [{"system": naming.FACILITY_CODE, "value": code}],
        "status": "active",
        "name": f"Bệnh viện Mẫu {code}",
        "type": [{"coding": [hospital]}],
        "telecom": [{"system": "phone", "value": "024 0000 0000"}],
        "address": {"extension": [{"url": naming.COMMUNE_EXTENSION, "valueCoding": coding}]},
        "position": {
            "latitude": Decimal(f"{unit.latitude + away:.5f}"),
            "longitude": Decimal(f"{unit.longitude:.5f}"),
        },
    }


def ward_fields(code: str, name: str, beds: Mapping[str, str]) -> dict[str, list[str]]:
    """What a planner fills in for a ward: bed numbers with their types."""
    made = {
        "q/ward/code": [code],
        "q/ward/name": [name],
        "q/ward/department": [f"urn:lanh:codes:department|{code[:3]}"],
        "q/ward/status": ["http://hl7.org/fhir/location-status|active"],
    }
    for number, (bed, kind) in enumerate(beds.items()):
        made[f"q/bed:{number}/use/number"] = [bed]
        made[f"q/bed:{number}/type"] = [f"urn:lanh:codes:bed-type|{kind}"]
        made[f"q/bed:{number}/use/since"] = ["01/01/2026"]
    return made


INTENSIVE = {"H001": "icu", "H002": "icu", "H003": "icu"}
GENERAL = {f"T{n:03d}": "general" for n in range(1, 11)} | {"C001": "isolation"}
COUNTS = {  # icu of K02, then general and isolation of K03
    "q/ward:0/beds/staffed/staffed-beds": ["3"],
    "q/ward:0/beds/occupied/occupied-beds": ["2"],
    "q/ward:0/beds/admitted/admitted-beds": ["1"],
    "q/ward:0/beds/left/left-beds": ["0"],
    "q/ward:1/beds/staffed/staffed-beds": ["10"],
    "q/ward:1/beds/occupied/occupied-beds": ["9"],
    "q/ward:1/beds/admitted/admitted-beds": ["2"],
    "q/ward:1/beds/left/left-beds": ["2"],
    "q/ward:2/beds/staffed/staffed-beds": ["1"],
    "q/ward:2/beds/occupied/occupied-beds": ["0"],
    "q/ward:2/beds/admitted/admitted-beds": ["0"],
    "q/ward:2/beds/left/left-beds": ["0"],
}


class Room:
    """The desk of beds on a database, at a moment that tests move."""

    def __init__(self, database: SyncDatabase) -> None:
        self.database = database
        self.now = datetime.combine(DAY, datetime.min.time(), VIETNAM) + timedelta(hours=8)
        for name in ("departments", "bed_types"):
            database.transact(terminology.load(codes.code_system(name), DAY))
        codes.publish(database, Store())
        self.store = Store()
        while database.transact(self.store.reindex()) is not None:
            pass
        self.store = Store()
        for code, (commune, _) in HOSPITALS.items():
            context = Context(system_access("test"), custodian=code, commune=commune)
            self.run(self.store.write([Write("update", "Location", f"place-{code}", site(code))],
                                      context))  # fmt: skip
        desk = SYSTEM.desk
        assert desk is not None
        self.workflow = Workflow(Definitions(SYSTEM.states), packaged(), now=lambda: self.now)
        self.desks = Desks(
            (desk,), store=self.store, workflow=self.workflow, value_sets=Terminology()
        )

    def run(self, plan: Plan[T]) -> T:
        return self.database.transact(plan)

    def visitor(self, role: str, *, area: str | None = None, facility: str | None = None,
                language: Language = "vi") -> Visitor:  # fmt: skip
        commune = HOSPITALS[facility][0] if facility else None
        account = Account("7", "x", "X", "vi", True, None, (Post(role, area, facility, commune),))
        access: Access = access_for(account, DAY, None, Places.packaged(), _ROLES)
        return Visitor("7", role, access, language, self.now, facility, area, self.store)

    def planner(self, facility: str = "99001") -> Visitor:
        return self.visitor("hospital-planner", facility=facility)

    @property
    def officer(self) -> Visitor:
        return self.visitor("provincial-officer", area="01")

    def ward(self, code: str, name: str, beds: Mapping[str, str], facility: str = "99001") -> Sent:
        who = self.planner(facility)
        screen = self.run(self.desks.begin("beds", "ward", who))
        fields = ward_fields(code, name, beds)
        done = self.run(self.desks.send(screen.draft, who, fields, screen.submission))
        assert isinstance(done, Sent), (done.page.faults, done.warnings)
        return done

    def furnish(self, facility: str = "99001") -> None:
        self.ward("K02", "Hồi sức", INTENSIVE, facility)
        self.ward("K03", "Nội", GENERAL, facility)

    def expect(self, facility: str = "99001", day: date = DAY) -> str:
        """The report that is expected, as a reference."""
        self.run(expect(self.store, self.workflow, facility, day))
        pairs = [("identifier", f"{naming.BED_REPORT}|{facility}.{day}")]
        search, _ = self.run(self.store.parse("MeasureReport", pairs))
        page = self.run(self.store.search(search, Context(system_access("test"))))
        return f"MeasureReport/{page.entries[0].id}"

    def open(self, report: str, who: Visitor) -> FormScreen:
        return self.run(self.desks.begin("beds", "report", who, report))

    def report(
        self, report: str, who: Visitor | None = None, *, reason: str = "", **changed: str
    ) -> FormScreen | Sent:
        """Send the report of a day; `changed` are counts by line and name: `l0_occupied="4"`."""
        who = who or self.planner()
        screen = self.open(report, who)
        fields = dict(COUNTS)
        for name, value in changed.items():
            line, count = name[1], name.partition("_")[2]
            fields[f"q/ward:{line}/beds/{count}/{count}-beds"] = [value]
        return self.run(
            self.desks.send(
                screen.draft, who, fields, screen.submission, reason=reason,
                accept_warnings=bool(reason),
            )
        )  # fmt: skip

    def sent(self, report: str, who: Visitor | None = None, **more: str) -> Sent:
        done = self.report(report, who, **more)
        assert isinstance(done, Sent), (done.page.faults, done.warnings)
        return done

    def resource(self, reference: str) -> dict[str, Any]:
        kind, name = reference.split("/")
        found = self.run(self.store.read(kind, name, Context(system_access("test"))))
        assert found is not None
        return found.resource()

    def case(self, report: str) -> Case:
        screen = self.run(self.desks.record("beds", report, self.officer))
        assert screen.case is not None
        return screen.case.case

    def state(self, report: str) -> str:
        return self.case(report).state

    def tick(self, hours: float) -> None:
        """Let time pass, and the clocks do what is due."""
        self.now += timedelta(hours=hours)
        self.workflow.run_escalations(self.database)
