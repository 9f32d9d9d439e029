"""The message to the civil registry: XML, signed by two; and the digest that each signs.

The real exchange (National Public Service Portal, "via state channel") is not published. The shape
here is ours, plain and documented in README.md; `NAMESPACE` names its version.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

from lxml import etree

from lanh.systems.deaths.words import WORDS

NAMESPACE = "urn:lanh:exchange:death-notification:1"
PART = "notice"
SIGNATURES = f"{{{NAMESPACE}}}Signatures"
_DSIG = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_IDS = uuid.UUID("6b1a4f0e-5c1f-5e0e-9d36-0d3c6c1f2a11")


class NotWhole(ValueError):
    """A notice lacks what the registry needs; `message` says what."""

    def __init__(self, part: str) -> None:
        self.message = WORDS.message("message.not-whole", part=part)
        super().__init__(self.message.en)


def message_id(told: Mapping[str, Any]) -> str:
    """The same for one version of a notice whenever it is sent, another for a correction."""
    return str(uuid.uuid5(_IDS, f"{told['record']} {told['issued']}"))


def unsigned(told: Mapping[str, Any]) -> bytes:
    """The message of a notice (`notice.told`), before anybody signed. Raises NotWhole."""
    person = told["person"]
    for part, given in (
        ("record", told["record"]), ("facility", told["facility"]), ("name", person["name"]),
        ("died", told["died"]), ("underlying", told["underlying"]),
    ):  # fmt: skip
        if not given:
            raise NotWhole(part)
    root = etree.Element(_name("DeathNotification"), nsmap=cast(dict[str, str], {None: NAMESPACE}))
    notice = _add(root, "Notice", Id=PART, record=told["record"], message=message_id(told))
    _add(notice, "Issued", told["issued"])
    _add(notice, "Facility", code=told["facility"])
    _add(notice, "Doctor", told["doctor"])
    _add(notice, "Relative", told["relative"])
    deceased = _add(notice, "Deceased")
    for tag, key in (
        ("Name", "name"), ("Sex", "sex"), ("BirthDate", "born"), ("PersonalNumber", "number"),
    ):  # fmt: skip
        _add(deceased, tag, person[key])
    _add(deceased, "Residence", person["residence"], commune=person["commune"])
    death = _add(notice, "Death")
    _add(death, "Time", told["died"])
    _coded(death, "Place", told["place"])
    _coded(death, "Manner", told["manner"])
    _coded(death, "UnderlyingCause", told["underlying"])
    _coded(death, "ExternalCause", told["external"])
    for line in told["lines"]:
        interval = line["interval"] or {}
        _coded(death, "Line", line, letter=line["letter"], interval=interval.get("value"),
               unit=interval.get("code"))  # fmt: skip
    etree.SubElement(root, SIGNATURES)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def digest(told: Mapping[str, Any]) -> str:
    """The SHA-256 (hexadecimal) of what is signed: the exclusive canonical form of the notice."""
    part = etree.fromstring(unsigned(told))[0]
    made = etree.tostring(part, method="c14n", exclusive=True)
    return hashlib.sha256(made).hexdigest()


def identity_of(signed: bytes) -> str | None:
    """The id that a message bears."""
    root = etree.fromstring(signed, _parser())
    found = root.find(_name("Notice"))
    return None if found is None else found.get("message")


def joined(signed: Sequence[bytes]) -> bytes:
    """One message with the signatures of several copies, each of which bears its own."""
    root, *others = (etree.fromstring(each, _parser()) for each in signed)
    holder = root.find(SIGNATURES)
    if holder is None:
        raise NotWhole("Signatures")
    for other in others:
        for signature in other.findall(f"{SIGNATURES}/{_DSIG}"):
            holder.append(signature)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True)


def _name(tag: str) -> str:
    return f"{{{NAMESPACE}}}{tag}"


def _add(parent: etree._Element, tag: str, text: Any = None, **attributes: Any) -> etree._Element:
    """A child; attributes that are None are left out."""
    given = {key: str(value) for key, value in attributes.items() if value is not None}
    made = etree.SubElement(parent, _name(tag), given)
    if text is not None:
        made.text = str(text)
    return made


def _coded(
    parent: etree._Element, tag: str, coded: Mapping[str, Any] | None, **attributes: Any
) -> None:
    if coded and coded.get("code"):
        _add(parent, tag, coded.get("words"), code=coded["code"], **attributes)
