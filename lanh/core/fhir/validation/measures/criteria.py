"""Criteria of a Measure: whether the expressions that they name are in its libraries."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from lanh.core.fhir.validation.conformance.rows import Json, rows
from lanh.core.fhir.validation.faults import Fault, Faults, shown
from lanh.core.fhir.validation.options import Options
from lanh.core.fhir.validation.profiles import Profiles

_CQL = frozenset({"text/cql", "text/cql.identifier", "text/cql-identifier"})
_NAME = re.compile(r"(?:(?P<library>[A-Za-z_]\w*)\.)?(?P<name>[A-Za-z_]\w*|\"[^\"]+\")")
_DEFINED = re.compile(
    r"^\s*define\s+(?:(?:public|private)\s+)?(?:function\s+)?(\"[^\"]+\"|[A-Za-z_]\w*)",
    re.MULTILINE,
)


def measure_faults(resource: Json, registry: Profiles, options: Options) -> Faults:
    """The faults of criteria that name a definition in CQL which no library of the measure has,
    as far as the libraries are at hand."""
    given = resource.get("library")
    urls = [url for url in given if type(url) is str] if type(given) is list else []
    libraries = {url: registry.resource("Library", url) for url in urls}
    defined: dict[str, frozenset[str]] = {}
    for library in libraries.values():
        names = _definitions(library) if library is not None else None
        if library is None or names is None:
            return []
        defined[str(library.get("name"))] = names
    if not defined:
        return []
    faults: Faults = []
    for path, criteria in _criteria(resource):
        text = criteria.get("expression")
        found = _NAME.fullmatch(text) if type(text) is str else None
        if criteria.get("language") not in _CQL or found is None:
            continue
        name, own = found["name"].strip('"'), found["library"]
        if not any(name in names for key, names in defined.items() if own in (None, key)):
            fault = Fault("invalid", "measure-expression", name=shown(text), url=shown(urls[0]))
            faults.append(fault.at("expression", *reversed(path)))
    return faults


def _definitions(library: Json) -> frozenset[str] | None:
    """The names that a library's CQL defines; None where its text is not at hand."""
    for _, content in rows(library, "content"):
        if content.get("contentType") == "text/cql" and type(content.get("data")) is str:
            try:
                text = base64.b64decode(content["data"]).decode("utf-8")
            except (binascii.Error, UnicodeDecodeError, ValueError):
                return None
            return frozenset(name.strip('"') for name in _DEFINED.findall(text))
    return None


def _criteria(resource: Json) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """Every criteria of a measure, with its place."""
    for number, group in rows(resource, "group"):
        for name in ("population", "stratifier"):
            for index, row in rows(group, name):
                here = ("group", number, name, index)
                yield from _own(here, row)
                for place, part in rows(row, "component"):
                    yield from _own((*here, "component", place), part)
    for index, row in rows(resource, "supplementalData"):
        yield from _own(("supplementalData", index), row)


def _own(here: tuple[str | int, ...], row: Json) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    if type(row.get("criteria")) is dict:
        yield (*here, "criteria"), row["criteria"]
