"""Reading the parameters of terminology operations, from a Parameters resource or a query."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from lanh.core.fhir import Issue
from lanh.core.terminology import Coded, Scope, Terminology, TerminologyError, split
from lanh.core.text import Catalogue

WORDS = Catalogue.load(Path(__file__).with_name("terminology_messages.yaml"))

Json = dict[str, Any]
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(T.*)?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_EVERYWHERE = frozenset({"tx-resource", "cache-id", "displayLanguage", "date", "useSupplement"})


class BadParameter(TerminologyError):
    """A parameter that is missing, unknown or malformed."""

    @classmethod
    def of(cls, key: str, /, **parameters: Any) -> BadParameter:
        """The error whose reason is a message of this interface."""
        return cls(Issue("error", cls.code, "", WORDS.message(key, **parameters)))


def from_query(pairs: Iterable[tuple[str, str]]) -> Json:
    """The Parameters that a query string means (`_format` and its like are for the interface)."""
    rows = [{"name": n, "valueString": v} for n, v in pairs if not n.startswith("_")]
    return {"resourceType": "Parameters", "parameter": rows}


@dataclass(frozen=True, slots=True)
class Given:
    """The parameters of one call."""

    operation: str
    rows: Sequence[Json]

    @classmethod
    def read(cls, operation: str, resource: Json, known: frozenset[str]) -> Given:
        """The parameters of a resource; one that the operation does not have is refused."""
        kind = resource.get("resourceType")
        if kind == "ValueSet" and operation in ("$expand", "$validate-code"):
            return cls(operation, [{"name": "valueSet", "resource": resource}])
        if kind != "Parameters":
            raise BadParameter.of("parameters-expected", got=str(kind))
        rows = [row for row in resource.get("parameter", ()) if isinstance(row, dict)]
        for row in rows:
            name = str(row.get("name"))
            if name not in known and name not in _EVERYWHERE:
                raise BadParameter.of("parameter-unknown", operation=operation, name=name)
        return cls(operation, rows)

    def renamed(self, names: Mapping[str, str]) -> Given:
        """The same with some parameters under other names (R5's for R4's)."""
        rows = [{**row, "name": names.get(row.get("name", ""), row.get("name"))}
                for row in self.rows]  # fmt: skip
        return Given(self.operation, rows)

    def values(self, name: str) -> list[Any]:
        """The values of a parameter, whatever their type."""
        return [
            value
            for row in self.rows
            if row.get("name") == name
            for key, value in row.items()
            if key.startswith("value") or key == "resource"
        ]

    def value(self, name: str) -> Any:
        """The first value of a parameter, or None."""
        values = self.values(name)
        return values[0] if values else None

    def text(self, name: str) -> str | None:
        """A parameter that is text. Raises BadParameter."""
        value = self.value(name)
        if value is None or isinstance(value, str):
            return value or None
        raise BadParameter.of("parameter-value", name=name, value=value, kind="string")

    def texts(self, name: str) -> tuple[str, ...]:
        """Every value of a parameter that is text."""
        return tuple(value for value in self.values(name) if isinstance(value, str) and value)

    def needed(self, name: str) -> str:
        """A text that must be there. Raises BadParameter."""
        value = self.text(name)
        if value is None:
            raise BadParameter.of("parameter-missing", names=name)
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean. Raises BadParameter."""
        value = self.value(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        if value in ("true", "false"):
            return bool(value == "true")
        raise BadParameter.of("parameter-value", name=name, value=value, kind="boolean")

    def number(self, name: str) -> int | None:
        """A number from 0 on. Raises BadParameter."""
        value = self.value(name)
        if value is None:
            return None
        text = str(value)
        if isinstance(value, bool) or not text.isascii() or not text.isdigit() or len(text) > 18:
            raise BadParameter.of("parameter-value", name=name, value=value, kind="integer")
        return int(text)

    def day(self) -> date | None:
        """The parameter `date`. Raises BadParameter."""
        value = self.text("date")
        if value is None:
            return None
        match = _DAY.fullmatch(value)
        try:
            if match is not None:
                return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            pass
        raise BadParameter.of("parameter-value", name="date", value=value, kind="dateTime")

    def languages(self) -> tuple[str, ...]:
        """`displayLanguage`: a tag, or several by weight as in Accept-Language."""
        weighted = []
        for place, part in enumerate((self.text("displayLanguage") or "").split(",")):
            tag, _, weight = part.replace(" ", "").partition(";q=")
            if not tag or tag == "*":
                continue
            if not _LANGUAGE.fullmatch(tag) or not re.fullmatch(r"[01](\.\d{0,3})?", weight or "1"):
                raise BadParameter.of(
                    "parameter-value", name="displayLanguage", value=part, kind="code"
                )
            weighted.append((-float(weight or 1), place, tag))
        return tuple(tag for weight, _, tag in sorted(weighted) if weight)

    def scope(self, service: Terminology) -> Scope:
        """The scope that the parameters ask for."""
        scope = service.scope(self.day())
        scope.versions = self._canonicals("system-version")
        scope.forced = self._canonicals("force-system-version")
        scope.checked = self._canonicals("check-system-version")
        scope.value_set_versions = self._canonicals("default-valueset-version")
        scope.excluded = frozenset(split(text)[0] for text in self.texts("exclude-system"))
        scope.supplements = self.texts("useSupplement")
        scope.inline = [each for each in self.values("tx-resource") if isinstance(each, dict)]
        return scope

    def _canonicals(self, name: str) -> dict[str, str]:
        found = {}
        for text in self.texts(name):
            url, version = split(text)
            if version is None:
                raise BadParameter.of("parameter-value", name=name, value=text, kind="canonical")
            found[url] = version
        return found

    def codings(self, *, version: str = "version") -> tuple[Coded, ...]:
        """What is to be judged or translated: `code`, `coding` or `codeableConcept`."""
        concept, coding = self.value("codeableConcept"), self.value("coding")
        if isinstance(concept, dict):
            return tuple(
                coded(each, f"CodeableConcept.coding[{place}]")
                for place, each in enumerate(concept.get("coding", ()))
                if isinstance(each, dict) and each.get("code")
            )
        if isinstance(coding, dict):
            return (coded(coding, "Coding"),) if coding.get("code") else ()
        if isinstance(coding, str):
            system, _, code = coding.rpartition("|")
            return (Coded(code, system or None, None, self.text("display"), "Coding"),)
        single = self.text("code")
        if single is None:
            raise BadParameter.of("parameter-missing", names="code | coding | codeableConcept")
        system, own = split(self.text("system") or "")
        return (Coded(single, system or None, self.text(version) or own, self.text("display")),)


def coded(coding: Json, place: str) -> Coded:
    """A Coding as it is judged."""
    return Coded(
        str(coding["code"]), coding.get("system"), coding.get("version"), coding.get("display"),
        place,
    )  # fmt: skip
