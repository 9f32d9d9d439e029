"""R4's examples through the interface and the store: what comes back is what was sent.

Equal after `meta.versionId` and `meta.lastUpdated` are removed, decimals to the digit.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from lxml import etree

from lanh.core import fhir
from tests.conformance.server import with_client
from tests.conformance.suite import Results, shared

_JSON, _XML = "application/fhir+json", "application/fhir+xml"
_DIV = "{http://www.w3.org/1999/xhtml}div"
_CLOSED = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)


def run_json() -> Results:
    """Every example, sent in its own form and read back as JSON."""
    return {name: told[0] for name, told in _told().items()}


def run_xml() -> Results:
    """Every example, sent in its own form and read back as XML."""
    return {name: told[1] for name, told in _told().items()}


@cache
def _told() -> dict[str, tuple[str | None, str | None]]:
    folder = shared("conformance/fhir-r4-examples")
    files = sorted(f for f in folder.iterdir() if f.suffix in (".json", ".xml"))

    async def steps(client: httpx.AsyncClient) -> dict[str, tuple[str | None, str | None]]:
        return {file.name: await _there_and_back(client, file) for file in files}

    return with_client(steps)


async def _there_and_back(client: httpx.AsyncClient, file: Path) -> tuple[str | None, str | None]:
    raw = file.read_bytes()
    xml = file.suffix == ".xml"
    sent = fhir.from_xml(raw) if xml else fhir.loads(raw)
    base, form = f"/{sent['resourceType']}", {"content-type": _XML if xml else _JSON}
    if "id" in sent:
        stored = await client.put(f"{base}/{sent['id']}", content=raw, headers=form)
    else:
        stored = await client.post(base, content=raw, headers=form)
    if stored.status_code not in (200, 201):
        why = f"refused: {stored.status_code} {stored.text[:300]}"
        return why, why
    given = sent.setdefault("id", fhir.loads(stored.content)["id"])
    address = f"{base}/{given}"
    as_json = await client.get(address, headers={"accept": _JSON})
    as_xml = await client.get(address, headers={"accept": _XML})
    return (
        _difference(exact(bare(sent)), exact(bare(fhir.loads(as_json.content)))),
        _difference(exact(bare(sent)), exact(bare(fhir.from_xml(as_xml.content))))
        or (
            _difference(_elements(raw), _elements(as_xml.content))
            if xml and _names_itself(raw)
            else None
        ),
    )


def bare(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource without what a server sets."""
    meta = {
        key: value
        for key, value in resource.get("meta", {}).items()
        if key not in ("versionId", "lastUpdated")
    }
    rest = {key: value for key, value in resource.items() if key != "meta"}
    return {**rest, "meta": meta} if meta else rest


def exact(value: Any) -> str:
    """A JSON value as text in which 1.0 and 1.00 differ and the order of members does not count."""

    def plain(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: plain(one) for key, one in item.items()}
        if isinstance(item, list):
            return [plain(one) for one in item]
        return {"decimal": str(item)} if isinstance(item, Decimal) else item

    return json.dumps(plain(value), sort_keys=True, ensure_ascii=False)


def _elements(raw: bytes) -> str:
    """The elements of a document in order with their attributes, white space between them apart."""
    lines: list[str] = []

    def walk(element: etree._Element, narrative: bool) -> None:
        inside = narrative or element.tag == _DIV
        text = " ".join((element.text or "").split()) if inside else ""
        lines.append(f"{element.tag} {sorted(element.attrib.items())} {text}")
        for child in element:
            if not str(child.tag).endswith(("}versionId", "}lastUpdated")):
                walk(child, inside)
        if inside:
            lines.append(" ".join((element.tail or "").split()))

    root = etree.fromstring(raw, _CLOSED)
    walk(root, False)
    # A meta that held only what a server sets.
    return "\n".join(line for line in lines if line and not line.endswith("}meta [] "))


def _names_itself(raw: bytes) -> bool:
    """Whether a document holds the id of its resource, so that nothing is added to it."""
    return "id" in fhir.from_xml(raw)


def _difference(one: str, other: str) -> str | None:
    if one == other:
        return None
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    here = slice(max(0, at - 40), at + 60)
    return f"at {at}: {one[here]!r} came back as {other[here]!r}"
