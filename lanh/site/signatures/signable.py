"""What is signed of a record: an XML document, its signed part, where signatures stand in it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from lxml import etree

from lanh.core.database import Plan
from lanh.core.store import Store, Stored

NAMESPACE = "urn:lanh:signed-record:1"

SignableOf: TypeAlias = "Callable[[Store, Stored], Plan[Signable]]"


@dataclass(frozen=True, slots=True)
class Signable:
    """A document; the Id of the part that is signed; the element (lxml path) that signatures go
    into, outside of the part, so that several sign the same beside each other."""

    document: bytes
    part: str
    into: str

    @property
    def digest(self) -> str:
        """The SHA-256 (hexadecimal) of the part's exclusive canonical form."""
        root = etree.fromstring(self.document, etree.XMLParser(resolve_entities=False))
        part = next(each for each in root.iter(etree.Element) if each.get("Id") == self.part)
        made = etree.tostring(part, method="c14n", exclusive=True)
        return hashlib.sha256(made).hexdigest()


def statement(_store: Store, record: Stored) -> Plan[Signable]:
    """A statement that names a record and its bytes as kept, for records without a message."""
    yield from ()
    root = etree.Element(f"{{{NAMESPACE}}}Signed", nsmap=cast(dict[str, str], {None: NAMESPACE}))
    given = {
        "Id": "record",
        "reference": f"{record.type}/{record.id}",
        "version": str(record.version),
        "sha256": hashlib.sha256(record.body).hexdigest(),
    }
    etree.SubElement(root, f"{{{NAMESPACE}}}Record", given)
    holder = f"{{{NAMESPACE}}}Signatures"
    etree.SubElement(root, holder)
    return Signable(etree.tostring(root, encoding="UTF-8"), "record", holder)


def signable_of(own: Mapping[str, SignableOf], desk: str) -> SignableOf:
    """How a desk's records are signed."""
    return own.get(desk, statement)


def content_port(store: Store, own: Mapping[str, SignableOf]) -> Callable[[str, Stored], Plan[str]]:
    """The desks' port `content`: the digest of what is signed of a record."""

    def content(desk: str, record: Stored) -> Plan[str]:
        found = yield from signable_of(own, desk)(store, record)
        return found.digest

    return content
