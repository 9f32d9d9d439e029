"""Under what one request is answered: its day, the versions it asks for, what it has met so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lanh.core.database import Plan
from lanh.core.terminology.errors import (
    NotSupported,
    TooCostly,
    Unknown,
    Unusable,
    VersionDiffers,
)
from lanh.core.terminology.holdings import Holdings, version_fits, version_key
from lanh.core.terminology.reading import supplemented, table_of
from lanh.core.terminology.table import CodeTable, Node

Json = dict[str, Any]
MOST_CODES = 200_000
"""How many codes one request may gather, imports included."""
MOST_VALUE_SETS = 200
DEEPEST_IMPORT = 30
SUPPLEMENT = "http://hl7.org/fhir/StructureDefinition/valueset-supplement"


@dataclass(slots=True)
class Member:
    """A code in a value set. `table` and `node` are None where the system is not held here."""

    system: str
    version: str | None
    code: str
    table: CodeTable | None = None
    node: Node | None = None
    display: str | None = None
    designations: tuple[Any, ...] = ()

    @property
    def key(self) -> tuple[str, str | None, str]:
        """What tells two members apart."""
        return self.system, self.version, self.code


def split(canonical: str) -> tuple[str, str | None]:
    """A canonical as (url, version or None)."""
    url, _, version = canonical.partition("|")
    return url, version or None


@dataclass(slots=True)
class Scope:
    """One request's view of what is held.

    `versions` are versions to take where none is asked for, `forced` those that replace what is
    asked for, `checked` those that must be met (R4 $expand system-version, force-system-version,
    check-system-version). `inline` are resources sent with the request; they come before others.
    """

    holdings: Holdings
    day: date
    versions: Mapping[str, str] = field(default_factory=dict)
    forced: Mapping[str, str] = field(default_factory=dict)
    checked: Mapping[str, str] = field(default_factory=dict)
    value_set_versions: Mapping[str, str] = field(default_factory=dict)
    excluded: frozenset[str] = frozenset()
    supplements: tuple[str, ...] = ()
    inline: Sequence[Json] = ()
    memo: dict[str, dict[tuple[str, str | None, str], Member]] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    used: dict[str, CodeTable] = field(default_factory=dict)
    used_value_sets: dict[str, Json] = field(default_factory=dict)
    unheld: dict[str, None] = field(default_factory=dict)
    tables: dict[tuple[str, str | None], CodeTable | None] = field(default_factory=dict)
    sets: dict[str, Json] = field(default_factory=dict)
    _spent: int = 0

    @property
    def plain(self) -> bool:
        """Whether the request asks for nothing but what is held, so that answers can be shared."""
        return not (
            self.versions or self.forced or self.checked or self.value_set_versions
            or self.excluded or self.supplements or self.inline
        )  # fmt: skip

    def spend(self, codes: int) -> None:
        """Count codes gathered. Raises TooCostly."""
        self._spent += codes
        if self._spent > MOST_CODES:
            raise TooCostly.because("too-many-codes", limit=MOST_CODES)

    def code_system(self, url: str, version: str | None = None) -> Plan[CodeTable | None]:
        """The table that this request means by a url; None where it is not held here."""
        version = self.forced.get(url) or version or self.versions.get(url)
        checked = self.checked.get(url)
        version = version or checked
        if (url, version) in self.tables:
            return self.tables[url, version]
        table = self._inline_system(url, version)
        if table is None:
            table = yield from self.holdings.code_system(url, version, self.day)
        for canonical in self.supplements if table is not None else ():
            extra = yield from self.supplement(canonical)
            if table is not None and split(extra.get("supplements", ""))[0] == url:
                table = supplemented(table, extra)
        self.tables[url, version] = table
        if table is not None and not version_fits(table.identity.version, checked):
            raise VersionDiffers.because(
                "version-differs", system=url, version=table.identity.version, checked=checked
            )
        if table is None:
            self.unheld[url if version is None else f"{url}|{version}"] = None
        else:
            identity = table.identity
            self.used[f"{url}|{identity.version}" if identity.version else url] = table
        return table

    def supplement(self, canonical: str) -> Plan[Json]:
        """A supplement by its canonical. Raises Unknown."""
        url, version = split(canonical)
        for resource in self.inline:
            if resource.get("resourceType") == "CodeSystem" and resource.get("url") == url:
                return resource
        found = yield from self.holdings.supplement(url, version, self.day)
        if found is None:
            raise Unusable.because("unknown-supplement", url=canonical)
        return found

    def _inline_system(self, url: str, version: str | None) -> CodeTable | None:
        fitting = [
            resource
            for resource in self._sent("CodeSystem", url, version)
            if resource.get("content") not in ("supplement", "not-present")
        ]
        return table_of(fitting[-1], "inline") if fitting else None

    def _sent(self, kind: str, url: str, version: str | None) -> list[Json]:
        """The resources of a url that came with the request, the newest version last."""
        fitting = [
            resource
            for resource in self.inline
            if resource.get("resourceType") == kind
            and resource.get("url") == url
            and version_fits(resource.get("version"), version)
        ]
        return sorted(fitting, key=lambda each: version_key(each.get("version", "")))

    def value_set(self, canonical: str, within: Json | None = None) -> Plan[Json]:
        """The value set that a canonical means, or `#id` within another. Raises Unknown."""
        if canonical.startswith("#"):
            for contained in (within or {}).get("contained", ()):
                if contained.get("id") == canonical[1:]:
                    return contained  # type: ignore[no-any-return]
            raise Unknown.because("unknown-value-set", url=canonical)
        if canonical in self.sets:
            return self.sets[canonical]
        url, version = split(canonical)
        version = version or self.value_set_versions.get(url)
        sent = self._sent("ValueSet", url, version)
        found: Json | None = sent[-1] if sent else None
        if found is None:
            found = yield from self.holdings.value_set(url, version, self.day)
        if found is None:
            found = self._implied_inline(url)
        if found is None:
            raise Unknown.because("unknown-value-set", url=canonical)
        self.sets[canonical] = found
        self.used_value_sets[_named(found)] = found
        return found

    def _implied_inline(self, url: str) -> Json | None:
        for resource in self.inline:
            if resource.get("resourceType") == "CodeSystem" and resource.get("valueSet") == url:
                include = {"system": resource.get("url")}
                return {"resourceType": "ValueSet", "url": url, "compose": {"include": [include]}}
        return None

    def enter(self, value_set: Json, name: str) -> None:
        """Begin to answer from a value set. Raises Unusable where it is being answered already."""
        if name in self.open:
            circle = " → ".join([*self.open[self.open.index(name) :], name])
            raise Unusable.because("import-circle", circle=circle)
        if len(self.open) >= DEEPEST_IMPORT or len(self.memo) >= MOST_VALUE_SETS:
            raise TooCostly.because("import-depth", limit=DEEPEST_IMPORT)
        for extension in value_set.get("extension", ()):
            if extension.get("url") == SUPPLEMENT:
                canonical = extension.get("valueCanonical", "")
                if canonical and canonical not in self.supplements:
                    self.supplements = (*self.supplements, canonical)
                    self.tables.clear()
        self.open.append(name)

    def refuse_unheld(self, url: str, version: str | None) -> None:
        """Raise the error of a system that is needed whole and not held here."""
        named = url if version is None else f"{url}|{version}"
        if url == "http://snomed.info/sct":
            raise NotSupported.because("not-licensed", system=named)
        raise Unknown.because("unknown-system", system=named)


def _named(value_set: Json) -> str:
    url, version = value_set.get("url", ""), value_set.get("version")
    return f"{url}|{version}" if version else url
