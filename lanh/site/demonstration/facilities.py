"""Facilities of every level in all 34 provinces, with their staff and codes that cannot be real.

A facility code is 5 signs, the first two an insurance province (01 to 96, and 97 for the army). The
codes here begin with 99; after 99999 the last three signs count in letters too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from lanh.nation.place import Unit
from lanh.site.demonstration.model import Duty, Facility, Kind, Level, Place, Speaks, Staff
from lanh.site.demonstration.naming import staff_name
from lanh.site.demonstration.randomness import chosen, spread, stream
from lanh.site.demonstration.sources import communes, province_units, provinces

_SIGNS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PEOPLE_PER_STATION = 25  # at first; every commune has its station from 84,000 people on
# Where the five central hospitals stand: Ha Noi twice, Hue, Ho Chi Minh City, Can Tho.
_CENTRAL = ("01", "79", "46", "01", "92")
_CLINICS = ("79", "01", "48", "31", "92", "75", "38", "79", "01", "24")
_PHARMACIES = ("01", "79", "48", "92")

_TEAMS: dict[Kind, tuple[tuple[Duty, str], ...]] = {
    "hospital": (("doctor", "K01"), ("doctor", "K03"), ("doctor", "K19"), ("doctor", "K27"),
                 ("nurse", "K03"), ("technician", "K41")),
    "station": (("doctor", "K01"), ("nurse", "K01"), ("midwife", "K27")),
    "clinic": (("doctor", "K01"), ("nurse", "K01")),
    "pharmacy": (("pharmacist", "K47"),),
    "preventive-centre": (("doctor", "K50"), ("nurse", "K50")),
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Every facility, found by what the generator needs."""

    facilities: tuple[Facility, ...]

    def of(self, kind: Kind, level: Level | None = None, province: str | None = None
           ) -> list[Facility]:  # fmt: skip
        """Facilities of a kind, in one level or province where asked."""
        return [
            f
            for f in self.facilities
            if f.kind == kind
            and (level is None or f.level == level)
            and (province is None or f.place.province == province)
        ]

    def by_code(self, code: str) -> Facility:
        """The facility of a code. Raises KeyError."""
        return _by_code(self)[code]


@cache
def _by_code(network: Network) -> dict[str, Facility]:
    return {facility.code: facility for facility in network.facilities}


def build(people: int, seed: int) -> Network:
    """The facilities for so many people: 205 for 2,000, one station a commune for 84,000."""
    codes = _codes()
    stations = _station_communes(people, seed)
    found: list[Facility] = []
    for number, code in enumerate(_CENTRAL, 1):
        place = _centre(code)
        name = f"Bệnh viện Trung ương Mẫu {number}", f"Sample Central Hospital {number}"
        found.append(_facility(next(codes), *name, "hospital", "central", place, "hl7v2"))
    for code in provinces():
        short, rank = province_units()[code].short_name, province_units()[code].kind.lower()
        centre, second = _centre(code), _centre(code, second=True)
        for vi, en, kind, level, place, speaks in (
            (f"Bệnh viện Đa khoa {rank}", "Provincial General Hospital", "hospital", "provincial",
             centre, "hl7v2"),
            ("Trung tâm Kiểm soát bệnh tật", "Centre for Disease Control", "preventive-centre",
             "provincial", centre, "fhir"),
            ("Bệnh viện Đa khoa khu vực", "Regional General Hospital", "hospital", "regional",
             second, "claims"),
        ):  # fmt: skip
            found.append(
                _facility(next(codes), f"{vi} {short} (mẫu)", f"{short} {en} (sample)", kind, level,
                          place, speaks)  # type: ignore[arg-type]
            )  # fmt: skip
        for unit in stations[code]:
            vi, en = f"Trạm Y tế {unit.name} (mẫu)", f"{unit.short_name} Health Station (sample)"
            place = _place(unit)
            found.append(_facility(next(codes), vi, en, "station", "commune", place, "fhir"))
    for number, code in enumerate(_CLINICS, 1):
        vi, en = f"Phòng khám Đa khoa Mẫu {number}", f"Sample Polyclinic {number}"
        place = _centre(code)
        speaks: Speaks = "claims" if number % 2 else "fhir"
        found.append(_facility(next(codes), vi, en, "clinic", "private", place, speaks))
    for number, code in enumerate(_PHARMACIES, 1):
        vi, en = f"Nhà thuốc Mẫu {number}", f"Sample Pharmacy {number}"
        found.append(_facility(next(codes), vi, en, "pharmacy", "private", _centre(code), "fhir"))
    return Network(tuple(_staffed(facility, number, seed) for number, facility in enumerate(found)))


def _codes() -> Iterator[str]:
    yield from (f"99{number:03d}" for number in range(1, 1000))
    for first in _SIGNS[10:]:
        for second in _SIGNS:
            for third in _SIGNS:
                yield f"99{first}{second}{third}"


def _facility(
    code: str, vi: str, en: str, kind: Kind, level: Level, place: Place, speaks: Speaks
) -> Facility:
    # Every fourth hospital that speaks HL7 v2 writes names in capitals, as many systems do.
    capitals = speaks == "hl7v2" and int(code[-1], 36) % 4 == 0
    return Facility(code, vi, en, kind, level, place, speaks, capitals, ())


def _place(unit: Unit) -> Place:
    province = province_units()[unit.province]
    return Place(
        unit.code, unit.name, unit.province, province.name, unit.latitude or 0.0,
        unit.longitude or 0.0,
    )  # fmt: skip


def place_of(unit: Unit) -> Place:
    """A commune as an address needs it."""
    return _place(unit)


def _centre(province: str, *, second: bool = False) -> Place:
    centre = province_units()[province]

    def distance(unit: Unit) -> float:
        return (unit.latitude - centre.latitude) ** 2 + (unit.longitude - centre.longitude) ** 2  # type: ignore[operator]

    near = sorted(communes()[province], key=distance)
    towns = [unit for unit in near if unit.kind == "Phường"] or near
    return _place(towns[min(1, len(towns) - 1)] if second else towns[0])


def _station_communes(people: int, seed: int) -> dict[str, list[Unit]]:
    every = communes()
    wanted = max(2 * len(every), min(people // _PEOPLE_PER_STATION, sum(map(len, every.values()))))
    random = stream(seed, "stations")
    weights = {code: province.people for code, province in provinces().items()}
    shares = spread(weights, wanted, random)
    found: dict[str, list[Unit]] = {}
    for code, units in every.items():
        everything = wanted >= sum(map(len, every.values()))
        count = len(units) if everything else max(2, shares[code])
        picked = {unit.code for unit in chosen(units, count, random)}
        found[code] = [unit for unit in units if unit.code in picked]
    return found


def _staffed(facility: Facility, number: int, seed: int) -> Facility:
    random = stream(seed, "staff", facility.code)
    southern = provinces()[facility.place.province].southern
    team = tuple(
        _member(facility, number * 10 + place, duty, department, southern, random)
        for place, (duty, department) in enumerate(_TEAMS[facility.kind])
    )
    return replace(facility, staff=team)


def _member(
    facility: Facility, number: int, duty: Duty, department: str, southern: bool, random: Random
) -> Staff:
    women = {"doctor": 0.42, "midwife": 1.0, "nurse": 0.85, "pharmacist": 0.7, "technician": 0.5}
    female = random.random() < women[duty]
    sex = "female" if female else "male"
    return Staff(
        facility=facility.code,
        number=number,
        name=staff_name(sex, random.randint(1964, 2000), southern, random),
        sex=sex,
        duty=duty,
        department=department,
        licence=f"{number:06d}/TEST-CCHN",
        insurance_number=f"00{number:08d}",
    )
