"""What reports of beds and bed records say. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from lanh.nation import naming
from lanh.nation.facility import identifiers, valid_on

Record: TypeAlias = Mapping[str, Any]
Key: TypeAlias = tuple[str, str]
COUNTS = ("actual", "staffed", "occupied", "admitted", "left", "free")


@dataclass(frozen=True, slots=True)
class Line:
    """The beds of one type in one ward. `counts` are by the codes of COUNTS, those told."""

    ward: Record
    type: Record
    counts: Mapping[str, int]

    @property
    def key(self) -> Key:
        """Codes of ward and bed type."""
        return str(self.ward.get("code", "")), str(self.type.get("code", ""))

    def __getitem__(self, name: str) -> int:
        return self.counts.get(name, 0)


def report_key(facility: str, day: date) -> str:
    """What the report of a facility's day is known by."""
    return f"{facility}.{day.isoformat()}"


def facility_of(report: Record) -> str:
    """The code of the facility that reports."""
    return str(((report.get("reporter") or {}).get("identifier") or {}).get("value", ""))


def name_of(report: Record) -> str:
    """The name of the facility that reports."""
    return str((report.get("reporter") or {}).get("display") or facility_of(report))


def day_of(report: Record) -> date:
    """The day that is reported."""
    return date.fromisoformat(report["period"]["start"][:10])


def lines(report: Record) -> list[Line]:
    """The lines of a report, in its order."""
    found = []
    for group in report.get("group") or ():
        ward = _coding(group.get("code"))
        for stratifier in group.get("stratifier") or ():
            for stratum in stratifier.get("stratum") or ():
                counts = {
                    _coding(each.get("code")).get("code", ""): int(each["count"])
                    for each in stratum.get("population") or ()
                    if each.get("count") is not None
                }
                found.append(Line(ward, _coding(stratum.get("value")), counts))
    return found


def _coding(concept: Record | None) -> Record:
    codings: Sequence[Record] = (concept or {}).get("coding") or ()
    return codings[0] if codings else {}


def group(line: Line) -> dict[str, Any]:
    """A line as a group of a report, as the form's definitions write it."""
    population = [
        {"code": {"coding": [{"system": naming.BED_COUNT, "code": name}]}, "count": count}
        for name, count in line.counts.items()
    ]
    stratum = {"value": {"coding": [dict(line.type)]}, "population": population}
    return {"code": {"coding": [dict(line.ward)]}, "stratifier": [{"stratum": [stratum]}]}


def total(of: Iterable[Line], name: str) -> int:
    """The sum of a count."""
    return sum(line[name] for line in of)


def occupancy(of: Iterable[Line]) -> Decimal | None:
    """Occupied of staffed beds in per cent; None where no bed is staffed."""
    held = list(of)
    staffed = total(held, "staffed")
    return Decimal(total(held, "occupied") * 100) / staffed if staffed else None


def set_up(wards: Iterable[Record], beds: Iterable[Record], day: date) -> list[Line]:
    """The lines that a hospital is to report on a day: beds that are valid then and not closed,
    by ward and type, wards in the order of their codes."""
    named = {f"Location/{ward['id']}": ward for ward in wards if ward.get("status") == "active"}
    counts: Counter[tuple[str, Key]] = Counter()
    types: dict[str, Record] = {}
    for bed in beds:
        place = (bed.get("partOf") or {}).get("reference", "")
        kind = _typed(bed)
        closed = (bed.get("operationalStatus") or {}).get("code") == "C"
        held = any(valid_on(each.get("period"), day) for each in bed.get("identifier") or ())
        if place in named and kind and held and not closed and bed.get("status") == "active":
            types[kind["code"]] = kind
            counts[place, (_code(named[place]), kind["code"])] += 1
    found = []
    for (place, (code, kind_code)), number in sorted(counts.items(), key=lambda item: item[0][1]):
        ward = {"system": naming.DEPARTMENT, "code": code, "display": named[place].get("name", "")}
        found.append(Line(ward, types[kind_code], {"actual": number}))
    return found


def _typed(bed: Record) -> Record | None:
    for concept in bed.get("type") or ():
        for coding in concept.get("coding") or ():
            if coding.get("system") == naming.BED_TYPE:
                held: Record = coding
                return held
    return None


def _code(ward: Record) -> str:
    system = naming.ward_code(hospital_of(ward))
    found = identifiers(ward, system)
    return str(found[0]["value"]) if found else ""


def hospital_of(place: Record) -> str:
    """The code of the facility that a ward or a bed belongs to."""
    held = (place.get("managingOrganization") or {}).get("identifier") or {}
    return str(held.get("value", ""))
