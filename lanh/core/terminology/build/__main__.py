"""Build the packaged terminology from hl7.fhir.r4.core 4.0.1 (HL7, CC0).

`python -m lanh.core.terminology.build hl7.fhir.r4.core.tgz` writes
`lanh/core/terminology/definitions/r4.json.zst`: every CodeSystem, ValueSet and ConceptMap without
narrative and contacts. Lists of SNOMED CT concepts are left out, since they may not be passed on
without a licence: the include stays, marked, so that nobody takes it for empty. LOINC codes stand
under LOINC's licence with its notice, which is kept in each value set's `copyright`.
"""

from __future__ import annotations

import argparse
import sys
import tarfile
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from lanh.core.terminology.packaged import NOT_DISTRIBUTED

_TARGET = Path(__file__).parent.parent / "definitions" / "r4.json.zst"
_KINDS = ("CodeSystem", "ValueSet", "ConceptMap")
_DROPPED = ("text", "meta", "extension", "contact", "identifier", "publisher", "useContext",
            "jurisdiction", "purpose", "immutable")  # fmt: skip
_LICENSED = "http://snomed.info/sct"


def read_archive(path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Resources by kind and url."""
    found: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in _KINDS}
    with tarfile.open(path) as archive:
        for member in sorted(archive.getmembers(), key=lambda m: m.name):
            kind = Path(member.name).name.partition("-")[0]
            file = archive.extractfile(member) if kind in found else None
            if file is None or not member.name.endswith(".json"):
                continue
            resource = msgspec.json.decode(file.read())
            slim = slimmed(resource)
            if slim is not None:
                found[kind][resource["url"]] = slim
    return found


def slimmed(resource: dict[str, Any]) -> dict[str, Any] | None:
    """The resource as it is packaged, or None where its content may not be passed on."""
    slim = {name: value for name, value in resource.items() if name not in _DROPPED}
    if slim["resourceType"] == "ConceptMap":
        ends = {group.get(end) for group in slim.get("group", ()) for end in ("source", "target")}
        return None if _LICENSED in ends else slim
    if slim.get("url") == _LICENSED:
        return None
    for part in slim.get("compose", {}).get("include", ()):
        if part.get("system") == _LICENSED and "concept" in part:
            del part["concept"]
            part["extension"] = [{"url": NOT_DISTRIBUTED, "valueBoolean": True}]
    for part in slim.get("compose", {}).get("exclude", ()):
        if part.get("system") == _LICENSED and "concept" in part:
            del part["concept"]
    return slim


def main(arguments: list[str]) -> int:
    """Read the archive named on the command line and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path, help="hl7.fhir.r4.core 4.0.1 as .tgz")
    archive: Path = parser.parse_args(arguments).archive
    found = read_archive(archive)
    data = msgspec.json.encode(found)
    _TARGET.write_bytes(zstandard.ZstdCompressor(level=22).compress(data))
    counts = ", ".join(f"{len(found[kind])} {kind}" for kind in _KINDS)
    print(f"{counts}, {len(data)} bytes, packed {_TARGET.stat().st_size}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
