"""Build the packaged tables from hl7.fhir.r4.core 4.0.1 (HL7, CC0).

`python -m lanh.core.fhir.build hl7.fhir.r4.core.tgz` writes
`lanh/core/fhir/definitions/r4.json.zst` and, beside it, `profiles.json.zst` and
`terminology.json.zst`, which are read only where a profile, an extension or a code asks for them.
"""

from __future__ import annotations

import argparse
import sys
import tarfile
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from lanh.core.fhir.build.parameters import compartments, search_parameters
from lanh.core.fhir.build.profiles import profiles
from lanh.core.fhir.build.structures import bound_value_sets, structures
from lanh.core.fhir.build.terminology import Expander

_FOLDER = Path(__file__).parent.parent / "definitions"
_KINDS = (
    "StructureDefinition",
    "SearchParameter",
    "CompartmentDefinition",
    "ValueSet",
    "CodeSystem",
)


def read_archive(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The definitions of an npm archive by resource type."""
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in _KINDS}
    with tarfile.open(path) as archive:
        for member in sorted(archive.getmembers(), key=lambda m: m.name):
            kind = Path(member.name).name.partition("-")[0]
            if kind not in found or not member.name.endswith(".json"):
                continue
            file = archive.extractfile(member)
            if file is not None:
                found[kind].append(msgspec.json.decode(file.read()))
    return found


def tables(resources: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """The tables as they are packaged."""
    types, invariants = structures(resources["StructureDefinition"])
    expander = Expander(resources["ValueSet"], resources["CodeSystem"])
    return {
        "version": "4.0.1",
        "structures": types,
        "invariants": invariants,
        "valueSets": {url: expander.expand(url) for url in bound_value_sets(types)},
        "searchParameters": search_parameters(resources["SearchParameter"]),
        "compartments": compartments(resources["CompartmentDefinition"]),
    }


def main(arguments: list[str]) -> int:
    """Read the archive named on the command line and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path, help="hl7.fhir.r4.core 4.0.1 as .tgz")
    archive: Path = parser.parse_args(arguments).archive
    resources = read_archive(archive)
    expander = Expander(resources["ValueSet"], resources["CodeSystem"])
    built = tables(resources)
    _write("r4", built)
    _write("profiles", profiles(resources["StructureDefinition"]))
    sets = {v["url"]: expander.expand(v["url"]) for v in resources["ValueSet"]}
    _write(
        "terminology",
        {
            "valueSets": {url: codes for url, codes in sorted(sets.items()) if codes},
            "systems": expander.complete_systems(),
        },
    )
    listed = sum(1 for codes in built["valueSets"].values() if codes)
    print(
        f"{len(built['structures'])} structures, {len(built['searchParameters'])} search "
        f"parameters, {listed} of {len(built['valueSets'])} value sets listed"
    )
    return 0


def _write(name: str, content: Any) -> None:
    data = zstandard.ZstdCompressor(level=22).compress(msgspec.json.encode(content))
    (_FOLDER / f"{name}.json.zst").write_bytes(data)
    print(f"{name}: {len(data)} bytes")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
