"""HL7 v2 data types to FHIR data types, as the HL7 v2-to-FHIR guide maps them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from lanh.connectors.hl7v2.reader import Value
from lanh.connectors.hl7v2.times import date_time
from lanh.nation import naming

_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_COMMUNE = re.compile(r"\d{5}", re.ASCII)
_VIETNAM = ("VN", "VNM")
_TABLE = re.compile(r"(?:HL7|hl7)?(?:nnnn|\d{4})")

CODE_SYSTEMS = {
    "LN": naming.LOINC,
    "LOINC": naming.LOINC,
    "SCT": "http://snomed.info/sct",
    "SNOMED": "http://snomed.info/sct",
    "I10": naming.ICD10,
    "ICD10": naming.ICD10,
    "ICD-10": naming.ICD10,
    "I10C": "http://hl7.org/fhir/sid/icd-10-cm",
    "I9": "http://hl7.org/fhir/sid/icd-9-cm",
    "I9C": "http://hl7.org/fhir/sid/icd-9-cm",
    "CVX": naming.CVX,
    "NDC": "http://hl7.org/fhir/sid/ndc",
    "RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "UCUM": naming.UCUM,
    "NULLFL": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
    "ISO+": "urn:iso:std:iso:2955",
    "ISO3166_1": "urn:iso:std:iso:3166",
    "C4": "http://www.ama-assn.org/go/cpt",
}

ADDRESS_USE = {"H": "home", "O": "work", "B": "work", "C": "temp", "BA": "old", "BI": "billing",
               "L": "home", "P": "home"}  # fmt: skip
NAME_USE = {"L": "official", "D": "usual", "A": "anonymous", "C": "official", "M": "maiden",
            "B": "official", "N": "nickname", "S": "anonymous", "NAV": "temp"}  # fmt: skip
PHONE_USE = {"PRN": "home", "ORN": "temp", "WPN": "work", "VHN": "home", "PRS": "mobile"}
PHONE_KIND = {"PH": "phone", "CP": "phone", "FX": "fax", "BP": "pager", "Internet": "email",
              "X.400": "email", "MD": "other", "TDD": "other", "TTY": "other"}  # fmt: skip


def system_uri(namespace: str, universal: str, kind: str, local: str) -> str | None:
    """The URI of an assigning authority (HD): its OID, UUID or URI, else a local name of ours.

    `local` names whose authority it is (facility and kind), for a namespace such as "M11" is
    unique only within its sender.
    """
    if universal and (kind in ("ISO", "") and _OID.fullmatch(universal)):
        return f"urn:oid:{universal}"
    if _UUID.fullmatch(universal):
        return f"urn:uuid:{universal.lower()}"
    if kind in ("URI", "HTTP") and ":" in universal and not re.search(r"\s", universal):
        return universal
    name = universal or namespace
    return f"{local}:{quote(name, safe='')}" if name else None


def code_system(name: str, local: str) -> str | None:
    """The URI of a coding system as named in CWE.3, CE.3 (table 0396)."""
    if not name:
        return None
    known = CODE_SYSTEMS.get(name.upper()) or CODE_SYSTEMS.get(name)
    if known:
        return known
    if _OID.fullmatch(name):
        return f"urn:oid:{name}"
    if _TABLE.fullmatch(name) and name[-4:].isdigit():
        return f"http://terminology.hl7.org/CodeSystem/v2-{name[-4:]}"
    if name.startswith(("http://", "https://", "urn:")) and not re.search(r"\s", name):
        return name
    return f"{local}:{quote(name, safe='')}"


def codeable(value: Value, local: str) -> dict[str, Any] | None:
    """CWE, CE, CNE, IS, ID to CodeableConcept; None where there is neither code nor text."""
    codings = []
    for start in (1, 4, 10):
        code, display, system = value[start], value[start + 1], value[start + 2]
        if not code or (start == 10 and len(value) < 10):
            continue
        coding: dict[str, Any] = {}
        uri = code_system(system, local)
        if uri:
            coding["system"] = uri
        coding["code"] = re.sub(r"\s+", " ", code).strip()
        if display:
            coding["display"] = display
        codings.append(coding)
    text = value[9] or (value[2] if not codings else "") or (value[5] if not codings else "")
    concept: dict[str, Any] = {}
    if codings:
        concept["coding"] = codings
    if text:
        concept["text"] = text
    elif codings and (shown := codings[0].get("display")):
        concept["text"] = shown
    return concept or None


def human_name(value: Value, *, person: bool = False) -> dict[str, Any] | None:
    """XPN (or, with `person`, the name in XCN, which starts one component later) to HumanName."""
    shift = 1 if person else 0
    family = value[1 + shift]
    given = [word for place in (2, 3) if (word := " ".join(value[place + shift].split()))]
    name: dict[str, Any] = {}
    use = NAME_USE.get(value[10 if person else 7])
    if use:
        name["use"] = use
    suffix = [part for place in (4, 6) if (part := value[place + shift])]
    prefix = [part for part in [value[5 + shift]] if part]
    if family or given:
        name["text"] = " ".join([family, *given] if not person else [*prefix, family, *given])
        name["text"] = " ".join(name["text"].split())
    if family:
        name["family"] = family
    if given:
        name["given"] = given
    if prefix:
        name["prefix"] = prefix
    if suffix:
        name["suffix"] = suffix
    return name if family or given else None


def address(value: Value) -> dict[str, Any] | None:
    """XAD to Address: street, commune (3), province (4), postal code, country.

    XAD-10 is the smallest unit of a census: in an address of Viet Nam the code of the commune, five
    digits, by which a record is known to be about somebody who lives there.
    """
    result: dict[str, Any] = {}
    use = ADDRESS_USE.get(value[7])
    if use:
        result["use"] = use
    street = " ".join(part for part in (value[1, 2], value[1, 1]) if part)
    lines = [line for line in (street, value[2]) if line]
    if lines:
        result["line"] = lines
    for part, place in (("city", 3), ("state", 4), ("postalCode", 5), ("country", 6)):
        if value[place]:
            result[part] = value[place]
    if value[9]:
        result["district"] = value[9]
    if value[6] in _VIETNAM and _COMMUNE.fullmatch(value[10]):
        commune = {"system": naming.COMMUNE, "code": value[10]}
        if value[3]:
            commune["display"] = value[3]
        result["extension"] = [{"url": naming.COMMUNE_EXTENSION, "valueCoding": commune}]
    return result if result.keys() - {"use"} else None


def contact_point(value: Value, use: str | None = None) -> dict[str, Any] | None:
    """XTN to ContactPoint."""
    kind = value[3]
    system = PHONE_KIND.get(kind, "phone")
    number = value[12] or value[1]
    if kind in ("Internet", "X.400") or (not number and value[4]):
        system, number = "email", value[4] or number
    if not number:
        country, area, local, extension = value[5], value[6], value[7], value[8]
        number = " ".join(part for part in (f"+{country}" if country else "", area, local) if part)
        if number and extension:
            number += f" ext. {extension}"
    if not number:
        return None
    point: dict[str, Any] = {"system": system, "value": number}
    named = "mobile" if kind == "CP" else PHONE_USE.get(value[2]) or use
    if named:
        point["use"] = named
    return point


def quantity(number: str, unit: Value, local: str) -> dict[str, Any] | None:
    """A number and its units (OBX-6) to Quantity; the number keeps its digits."""
    amount = decimal(number)
    if amount is None:
        return None
    result: dict[str, Any] = {"value": amount}
    if unit[1]:
        result["unit"] = unit[2] or unit[1]
        system = code_system(unit[3], local)
        if system:
            result |= {"system": system, "code": re.sub(r"\s+", " ", unit[1])}
    return result


def decimal(text: str) -> Decimal | None:
    """The exact number of an NM, or None."""
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", text.strip()):
        return None
    try:
        return Decimal(text.strip().removeprefix("+").removesuffix("."))
    except InvalidOperation:
        return None


def practitioner(value: Value, local: str) -> dict[str, Any] | None:
    """XCN to a Reference by identifier: who is meant, without a record of our own making."""
    name = human_name(value, person=True)
    reference: dict[str, Any] = {"type": "Practitioner"}
    if value[1]:
        system = system_uri(value[9, 1], value[9, 2], value[9, 3], f"{local}:practitioner")
        reference["identifier"] = {
            "system": system or f"{local}:practitioner",
            "value": value[1],
        }
    if name:
        reference["display"] = name["text"]
    return reference if len(reference) > 1 else None


def location(value: Value) -> dict[str, Any] | None:
    """PL to a Reference that says where: ward, room, bed, facility, building, floor."""
    words = [value[place] for place in (1, 2, 3, 4, 7, 8)]
    text = " / ".join(word for word in words if word) or value[9]
    return {"type": "Location", "display": text} if text else None


def period(start: str, end: str) -> dict[str, Any] | None:
    """Two times to a Period; an end before its start is left out."""
    result = {}
    first, last = date_time(start), date_time(end)
    if first:
        result["start"] = first
    if last and not (first and last[:10] < first[:10]):
        result["end"] = last
    return result or None
