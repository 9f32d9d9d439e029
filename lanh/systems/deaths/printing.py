"""What the paper of a notice is given: texts as they are printed, in Vietnamese."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from lanh.core.text import Language
from lanh.nation.local_time import VIETNAM
from lanh.systems.deaths.notice import Json, Records, told

TEMPLATE = Path(__file__).parent / "papers" / "death_notice.typ"
LAYOUT: dict[str, Any] = yaml.safe_load(
    Path(__file__).with_name("layout.yaml").read_text(encoding="utf-8")
)


def paper_facts(composition: Json, records: Records, _language: Language) -> dict[str, Any]:
    """The facts of the paper of a notice and of what it names. The form is a legal one, so its
    language is Vietnamese whoever prints it."""
    found = told(composition, records)
    person = dict(found["person"])
    person["sex_code"] = person["sex"]
    person["sex"] = LAYOUT["sex"].get(person["sex"])
    person["born"] = _day(person["born"])
    person["name"] = person["name"] or ""
    stay = dict(found["stay"])
    stay["admitted"] = moment(stay.get("admitted"))
    return {
        **found,
        "authority": LAYOUT["authority"],
        "facility_name": found["facility_name"] or LAYOUT["facility"],
        "issued": _written(found["issued"], LAYOUT["issued"]) or "",
        "number": LAYOUT["number"],
        "signed": LAYOUT["signed"],
        "signed_before": LAYOUT["signed_before"],
        "person": person,
        "stay": stay,
        "died": moment(found["died"]),
        "lines": [_dated(each) for each in found["lines"]],
        "others": [_dated(each) for each in found["others"]],
        "surgery": [{**each, "on": _day(each["on"])} for each in found["surgery"]],
    }


def _dated(cause: Mapping[str, Any]) -> dict[str, Any]:
    return {**cause, "began": moment(cause["began"])}


def moment(text: str | None) -> str | None:
    """A time as it is printed here, in Viet Nam's zone."""
    if not text or "T" not in text:
        return _day(text)
    return _written(text, LAYOUT["moment"])


def _written(text: str | None, form: str) -> str | None:
    return datetime.fromisoformat(text).astimezone(VIETNAM).strftime(form) if text else None


def _day(text: str | None) -> str | None:
    """A date as it is written here; one without a day stays as it is."""
    if not text or len(text) < 10:
        return text
    return date.fromisoformat(text[:10]).strftime("%d/%m/%Y")
