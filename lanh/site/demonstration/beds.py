"""Wards, beds and two weeks of daily reports of some hospitals, entered by the desk of beds.

Everything goes by the forms that a planner fills in, each on its own day: so there are cases with
their history, a correction, reports that are late and one that is missing. Nobody here exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import lanh.systems
from lanh.core.accounts import Account, Post, access_for, account_by_username
from lanh.core.database import SyncDatabase
from lanh.core.desks import DeskError, Desks, FormScreen, Sent, Visitor
from lanh.core.workflow import Definitions, Workflow
from lanh.kit import desks_of
from lanh.nation.calendar import packaged
from lanh.nation.local_time import VIETNAM
from lanh.nation.place import Places
from lanh.site.demonstration.model import Facility
from lanh.site.demonstration.population import Population
from lanh.site.demonstration.randomness import stream
from lanh.site.demonstration.users import cast
from lanh.site.roles import installed_roles
from lanh.site.wiring import Records, tags
from lanh.systems.beds.expecting import expect, hospitals
from lanh.systems.beds.system import SYSTEM

DAYS = 14
_TRIES = 6
# Ward code, its name, the letter of its bed numbers, how many, of which type.
_WARDS = (
    ("K02", "Khoa Hồi sức cấp cứu", "H", 6, "icu"),
    ("K03", "Khoa Nội tổng hợp", "T", 16, "general"),
    ("K18", "Khoa Nhi", "T", 8, "child"),
    ("K19", "Khoa Ngoại tổng hợp", "T", 10, "surgical"),
    ("K27", "Khoa Phụ sản", "T", 8, "maternity"),
)
_TYPE = "urn:lanh:codes:bed-type|"


def chosen(population: Population) -> list[Facility]:
    """The hospitals that report: that of the doctor first, others of the same province, then one of
    a neighbouring province."""
    first = cast(population).hospital
    near = population.network.of("hospital", province=first.place.province)
    every = population.network.of("hospital", "provincial")

    def away(other: Facility) -> float:
        here, there = first.place, other.place
        return (here.latitude - there.latitude) ** 2 + (here.longitude - there.longitude) ** 2

    others = sorted((f for f in every if f not in near), key=away)
    return [first, *(f for f in near if f != first)][:3] + others[:1]


def furnish(database: SyncDatabase, records: Records, population: Population, now: datetime) -> int:
    """Enter wards, beds and reports up to yesterday, and open those of today; how many reports were
    sent. What a run before has entered stays."""
    scene = _Scene(database, records, population)
    entered = set(database.read(hospitals(records.store)))
    today = now.astimezone(VIETNAM).date()
    sent = 0
    for number, facility in enumerate(chosen(population)):
        if facility.code in entered:
            continue
        scene.wards(facility, today)
        for back in range(DAYS, 0, -1):
            sent += scene.day(facility, today - timedelta(days=back), number)
        scene.at(datetime.combine(today, time(7, 0), VIETNAM))
        database.transact(expect(records.store, scene.workflow, facility.code, today))
    return sent


class _Scene:
    def __init__(self, database: SyncDatabase, records: Records, population: Population) -> None:
        self._database = database
        self._now = datetime.now(VIETNAM)
        self._seed = population.seed
        found = database.read(account_by_username("planner"))
        assert found is not None, "the demonstration's users come first"
        self._planner: Account = found
        desks = desks_of(lanh.systems)
        self.workflow = Workflow(Definitions(SYSTEM.states), packaged(), now=lambda: self._now)
        self._desks = Desks(
            [desk for desk in desks if desk.key == SYSTEM.key],
            store=records.store,
            workflow=self.workflow,
            value_sets=records.terminology,
            tags=tags,
        )
        self._store = records.store

    def at(self, moment: datetime) -> None:
        """It is another moment now; what the clocks bring about until then happens."""
        self._now = moment
        self.workflow.run_escalations(self._database)

    def _visitor(self, facility: Facility) -> Visitor:
        post = Post("hospital-planner", None, facility.code, facility.place.commune)
        account = replace(self._planner, posts=(post,))
        roles = installed_roles()
        access = access_for(account, self._now.date(), None, Places.packaged(), roles)
        code, store = facility.code, self._store
        return Visitor(
            account.id, "hospital-planner", access, "vi", self._now, code, None, store=store
        )

    def _send(self, facility: Facility, form: str, about: str | None, reason: str,
              fields: Callable[[FormScreen], Mapping[str, list[str]]]) -> None:  # fmt: skip
        for attempt in range(1, _TRIES + 1):
            try:
                self._send_once(facility, form, about, reason, fields)
                return
            except DeskError:
                # The worker's clocks run too: it may move a case in the same moment.
                if attempt == _TRIES:
                    raise

    def _send_once(self, facility: Facility, form: str, about: str | None, reason: str,
                   fields: Callable[[FormScreen], Mapping[str, list[str]]]) -> None:  # fmt: skip
        who, run = self._visitor(facility), self._database.transact
        screen = run(self._desks.begin(SYSTEM.key, form, who, about))
        done = run(
            self._desks.send(
                screen.draft, who, fields(screen), screen.submission, reason=reason,
                accept_warnings=bool(reason),
            )
        )  # fmt: skip
        if not isinstance(done, Sent):
            raise AssertionError(f"{facility.code} {form}: {done.page.faults} {done.warnings}")

    def wards(self, facility: Facility, today: date) -> None:
        """The wards of a hospital with their beds, entered before its first report."""
        self._now = datetime.combine(today - timedelta(days=DAYS + 1), time(9, 0), VIETNAM)
        number = 0
        for code, name, letter, count, kind in _WARDS:
            made = {
                "q/ward/code": [code],
                "q/ward/name": [name],
                "q/ward/department": [f"urn:lanh:codes:department|{code}"],
                "q/ward/status": ["http://hl7.org/fhir/location-status|active"],
            }
            for place in range(count):
                number += 1
                made[f"q/bed:{place}/use/number"] = [f"{letter}{number:03d}"]
                made[f"q/bed:{place}/use/since"] = ["01/01/2026"]
                made[f"q/bed:{place}/type"] = [_TYPE + kind]
            self._send(facility, "ward", None, "", lambda _screen, made=made: made)  # type: ignore[misc]

    def day(self, facility: Facility, day: date, number: int) -> int:
        """A day of a hospital: its report on time, late, or never sent."""
        random = stream(self._seed, "beds", facility.code, day.isoformat())
        begun = datetime.combine(day, time(7, 0), VIETNAM)
        self.at(begun)
        self._database.transact(expect(self._store, self.workflow, facility.code, day))
        back = (datetime.now(VIETNAM).date() - day).days
        if number == 1 and back <= 2:  # the second hospital has sent nothing for two days
            for hours in (6, 12, 30):
                self.at(begun + timedelta(hours=hours))
            return 0
        late = number == 2 and back % 5 == 1
        self.at(begun + timedelta(hours=8 if late else random.uniform(0.2, 3.0)))
        key = f"MeasureReport/beds-{facility.code}.{day}"
        counts = list(self._counts(facility, day))
        self._send(facility, "report", key, "", lambda _screen: dict(counts))
        if number == 0 and back == 3:
            mended = {**dict(counts), "q/ward:1/beds/staffed/staffed-beds": ["16"]}
            mended["q/ward:0/beds/staffed/staffed-beds"] = ["5"]
            self._send(facility, "report", key, "Một giường hỏng trong ngày", lambda _: mended)
        return 1

    def _counts(self, facility: Facility, day: date) -> Iterator[tuple[str, list[str]]]:
        for line, (code, _, _, beds, _) in enumerate(_WARDS):
            before, after = (self._occupied(facility, code, beds, d) for d in
                             (day - timedelta(days=1), day))  # fmt: skip
            came = stream(self._seed, "came", facility.code, code, day.isoformat()).randint(0, 2)
            came = max(came, after - before)
            went = before + came - after
            held = {"staffed": beds, "occupied": after, "admitted": came, "left": went}
            for name, value in held.items():
                yield f"q/ward:{line}/beds/{name}/{name}-beds", [str(value)]

    def _occupied(self, facility: Facility, ward: str, beds: int, day: date) -> int:
        """Around a level of its own, a little fuller in the middle of the week."""
        level = stream(self._seed, "level", facility.code, ward).uniform(0.6, 0.95)
        week = 0.05 if day.weekday() in (1, 2, 3) else -0.03
        chance = stream(self._seed, "noise", facility.code, ward, day.isoformat())
        noise = chance.uniform(-0.06, 0.06)
        return max(0, min(beds, round(beds * (level + week + noise))))
