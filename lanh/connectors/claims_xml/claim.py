"""XML1, XML2 and XML3 to a Claim that keeps every figure, and back to the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from lanh.connectors.claims_xml.case import Case, coding, concept, moment
from lanh.connectors.claims_xml.envelope import Row
from lanh.connectors.claims_xml.episode import condition_id, coverages, diagnoses
from lanh.connectors.claims_xml.figures import (
    LINE_FIGURES,
    RATIOS,
    TOTALS,
    Figures,
    Line,
    line_of,
)
from lanh.connectors.claims_xml.rules import amount
from lanh.core.bus import Draft
from lanh.nation import naming

FIGURE = "urn:lanh:extension:claim-figure:"  # + the field's name: valueMoney or valueDecimal
LINE = "urn:lanh:extension:claim-line"  # valueString: table and serial number, "XML2/3"
CURRENCY = "VND"

_TYPES = "http://terminology.hl7.org/CodeSystem/claim-type"
_PRIORITY = "http://terminology.hl7.org/CodeSystem/processpriority"
# Figures that FHIR has a place for
_PRICE = {"XML2": "DON_GIA", "XML3": "DON_GIA_BV"}
_NET = "THANH_TIEN_BV"
_QUANTITY = "SO_LUONG"


def claim(case: Case, rows: Mapping[str, Sequence[Row]]) -> Draft:
    """The Claim: an item a line, amounts as sent."""
    values = case.row.values
    institutional = values["MA_LOAI_KCB"].zfill(2) in ("03", "04", "06", "09")
    resource: dict[str, Any] = {
        "resourceType": "Claim",
        "identifier": [{"system": naming.visit_number(case.facility), "value": case.key}],
        "status": "active",
        "type": concept(_TYPES, "institutional" if institutional else "professional"),
        "use": "claim",
        "patient": case.patient,
        "billablePeriod": {"start": moment(values["NGAY_VAO"]), "end": moment(values["NGAY_RA"])},
        "created": moment(values.get("NGAY_TTOAN") or values["NGAY_RA"]),
        "provider": case.organization,
        "priority": concept(_PRIORITY, "normal"),
        "diagnosis": [
            {
                "sequence": place,
                "diagnosisReference": {"reference": f"Condition/{condition_id(case, code)}"},
            }
            for place, code in enumerate(diagnoses(case), start=1)
        ],
        "insurance": [
            {
                "sequence": place,
                "focal": place == 1,
                "coverage": {"reference": f"Coverage/{draft.id}"},
            }
            for place, draft in enumerate(coverages(case), start=1)
        ],
    }
    lines = [(table, row) for table in LINE_FIGURES for row in rows.get(table, ())]
    if lines:
        resource["item"] = [
            _item(case, table, row, place) for place, (table, row) in enumerate(lines, start=1)
        ]
    resource["extension"] = [
        _figure(name, value) for name in TOTALS if (value := amount(case.row, name)) is not None
    ]
    total = amount(case.row, "T_TONGCHI_BV")
    if total is not None:
        resource["total"] = {"value": total, "currency": CURRENCY}
    return case.draft(resource, case.key)


def _figure(name: str, value: Decimal) -> dict[str, Any]:
    if name in RATIOS:
        return {"url": FIGURE + name, "valueDecimal": value}
    return {"url": FIGURE + name, "valueMoney": {"value": value, "currency": CURRENCY}}


def _item(case: Case, table: str, row: Row, sequence: int) -> dict[str, Any]:
    values = row.values
    figures = dict(line_of(table, row).figures)
    item: dict[str, Any] = {
        "extension": [{"url": LINE, "valueString": f"{table}/{values['STT']}"}],
        "sequence": sequence,
        "category": concept(naming.COST_GROUP, values["MA_NHOM"].lstrip("0") or "0"),
        "productOrService": _product(table, values),
        "servicedDate": (moment(values["NGAY_YL"]) or "")[:10],
        "encounter": [case.encounter],
    }
    quantity = figures.pop(_QUANTITY, None)
    if quantity is not None:
        item["quantity"] = {"value": quantity}
        if values.get("DON_VI_TINH"):
            item["quantity"]["unit"] = values["DON_VI_TINH"]
    for name, place in ((_PRICE[table], "unitPrice"), (_NET, "net")):
        value = figures.pop(name, None)
        if value is not None:
            item[place] = {"value": value, "currency": CURRENCY}
    item["extension"] += [_figure(name, value) for name, value in figures.items()]
    return item


def _product(table: str, values: dict[str, str]) -> dict[str, Any]:
    if table == "XML2":
        return concept(naming.DRUG, values["MA_THUOC"], values["TEN_THUOC"])
    codings = []
    if values.get("MA_DICH_VU"):
        codings.append(coding(naming.SERVICE, values["MA_DICH_VU"], values.get("TEN_DICH_VU", "")))
    if values.get("MA_VAT_TU"):
        codings.append(coding(naming.SUPPLY, values["MA_VAT_TU"], values.get("TEN_VAT_TU", "")))
    return {"coding": codings}


def figures_of_claim(resource: Mapping[str, Any]) -> Figures:
    """The figures of a Claim made here. Equal to those of the package it was made from."""
    systems = naming.visit_number("")
    case = next(
        item["value"] for item in resource["identifier"] if item["system"].startswith(systems)
    )
    totals = dict(_read(resource.get("extension", ())))
    return Figures(case, totals, tuple(_line(item) for item in resource.get("item", ())))


def _read(extensions: Sequence[Mapping[str, Any]]) -> list[tuple[str, Decimal]]:
    return [
        (
            extension["url"].removeprefix(FIGURE),
            Decimal(
                extension["valueMoney"]["value"]
                if "valueMoney" in extension
                else extension["valueDecimal"]
            ),
        )
        for extension in extensions
        if extension["url"].startswith(FIGURE)
    ]


def place_of(item: Mapping[str, Any]) -> tuple[str, str]:
    """The table and serial number of an item of the Claim."""
    place = next(e["valueString"] for e in item["extension"] if e["url"] == LINE)
    table, _, serial = place.partition("/")
    return table, serial


def _line(item: Mapping[str, Any]) -> Line:
    table, serial = place_of(item)
    code = "/".join(entry["code"] for entry in item["productOrService"]["coding"])
    return Line(table, serial, code, figures_of_item(item))


def figures_of_item(item: Mapping[str, Any]) -> dict[str, Decimal]:
    """The figures of an item of the Claim, by field."""
    table, _ = place_of(item)
    figures: dict[str, Decimal] = {}
    if "quantity" in item:
        figures[_QUANTITY] = Decimal(item["quantity"]["value"])
    for name, element in ((_PRICE[table], "unitPrice"), (_NET, "net")):
        if element in item:
            figures[name] = Decimal(item[element]["value"])
    return figures | dict(_read(item["extension"]))
