"""The official validator cases of R4 that need no outside package.

The verdict asked for is that of the reference validator (Java), as recorded: error or no error.
Each case is judged against R4 alone ("base") and, where it names a profile, against that as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from lanh.core import fhir, terminology
from tests.conformance.suite import Results, checkout

Json = dict[str, Any]

# Formats that are not FHIR resources of R4, and a mode of reading that R4 does not have.
OTHER_FORMATS = frozenset({"cda", "cdshooks", "shc", "json5"})
# Content that is not published with FHIR: its errors are those of an outside package.
_OUTSIDE = re.compile(
    r"(Wrong Display Name|Unknown code|not valid in the system|not found in the system"
    r"|not valid code|must be a valid code|is invalid: Invalid ECL|not allowed for property).*"
    r"(snomed\.info|loinc\.org|sid/cvx|sid/icd|iso:std:iso:3166|rxnorm|hl7\.org/fhir/sid/ndc|bcp:47)"
    r"|Invalid ECL"
)


@dataclass(frozen=True)
class Case:
    """One judgement: a file, what is loaded beside it, the profile, and the recorded errors."""

    name: str
    module: str
    file: Path
    beside: tuple[Path, ...]
    profile: str | None
    errors: tuple[str, ...]
    options: Json

    @property
    def outside(self) -> bool:
        """Whether every recorded error is about content that FHIR does not publish."""
        return bool(self.errors) and all(_OUTSIDE.search(text) for text in self.errors)


def run() -> Results:
    """Every case: None where the verdict is the recorded one."""
    return {case.name: fault(case) for case in cases()}


def cases() -> list[Case]:
    """The cases that need nothing from outside."""
    folder = checkout("fhir-test-cases") / "validator"
    rows = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["test-cases"]
    found = [case for row in rows for case in _cases(folder, row) if not case.outside]
    names: dict[str, Case] = {}
    for case in found:
        names.setdefault(case.name, case)
    return list(names.values())


def _cases(folder: Path, row: Json) -> Iterator[Case]:
    version = str(row.get("version", ""))
    if not version.startswith("4.0") or row.get("use-test") is False or "logical" in row:
        return
    if row.get("module") in OTHER_FORMATS or "packages" in row or "no-tx" in row:
        return
    for mode, part in (("base", row), ("profile", row.get("profile"))):
        if part is None or "packages" in part:
            continue
        errors = _recorded(folder, part.get("java"), f"R4.{row['name']}-{mode}.json")
        beside = _names(row, "supporting", "profiles")
        source = None
        if mode == "profile":
            beside += _names(part, "supporting", "profiles")
            source = part["source"]
            if (folder / source).is_file():
                beside.append(source)
        files = [folder / name for name in (row["file"], *beside)]
        if errors is None or not all(f.is_file() and _readable(f) for f in files):
            continue
        yield Case(
            f"{row['name']} [{mode}]", str(row.get("module")), files[0], tuple(files[1:]),
            source, tuple(errors), {**row, **({} if mode == "base" else part)},
        )  # fmt: skip


def _names(row: Json, *keys: str) -> list[str]:
    found: list[str] = []
    for key in keys:
        value = row.get(key, ())
        found += [value] if isinstance(value, str) else list(value)
    return found


def _recorded(folder: Path, java: Any, own: str) -> list[str] | None:
    """The texts of the recorded errors; None where nothing is recorded. Some cases of R4 name the
    outcome under R5: that under R4, `own`, is the one asked for."""
    if isinstance(java, str):
        file = folder / "outcomes" / java
        if "/R5." in java and file.with_name(own).is_file():
            file = file.with_name(own)
        java = {"outcome": json.loads(file.read_bytes())} if file.is_file() else None
    if not isinstance(java, dict):
        return None
    if "outcome" not in java:
        return ["an error"] * int(java.get("errorCount", 0))
    return [
        str(issue.get("details", {}).get("text", ""))
        for issue in java["outcome"].get("issue", ())
        if issue["severity"] in ("error", "fatal")
    ]


@cache
def _readable(file: Path) -> bool:
    return file.suffix in (".json", ".xml")


def read(file: Path) -> Any:
    """The resource of a file. Raises fhir.ParseError."""
    raw = file.read_bytes()
    return fhir.from_xml(raw) if file.suffix == ".xml" else fhir.loads(raw)


def told(case: Case) -> list[str]:
    """The errors found in a case."""
    try:
        resource = read(case.file)
        profiles, named = _registry(case)
        issues = fhir.validate(
            resource, profiles=profiles, named=named, options=options(case.options),
            outside=fhir.PathEnvironment(resolve=Beside(case.file.parent).resolve),
        )  # fmt: skip
    except fhir.ParseError as error:
        return [str(error)]
    return [i.message.en for i in issues if i.severity in ("error", "fatal")]


def options(given: Json) -> fhir.ValidationOptions:
    """What a case asks of the reference validator, as options of this one."""
    references: Literal["open", "types", "exist"] = "open"
    if str(given.get("validateReference", "")).startswith("CHECK"):
        references = "exist"
    elif given.get("assumeValidRestReferences"):
        references = "types"
    entries: tuple[tuple[str, int, str], ...] = ()
    if "bundle-param" in given:
        kind, _, number = given["bundle-param"]["rule"].partition(":")
        entries = ((kind, int(number), given["bundle-param"]["profile"]),)
    return fhir.ValidationOptions(
        strict=True,
        references=references,
        examples=given.get("examples", True),
        tags=not given.get("security-checks", False),
        markdown_tags=not given.get("noHtmlInMarkdown", False),
        contained=given.get("validateContains") != "IGNORE",
        entries=entries,
    )


class Beside:
    """The resources in files beside a case, which the reference's own runner fetches by names
    made of the reference: `Patient/a` is `patient-a` or `a`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[str, Json | None] = {}

    def resolve(self, text: str) -> Json | None:
        """The resource that a reference leads to, or None."""
        if text not in self._found:
            self._found[text] = self._read(text)
        return self._found[text]

    def _read(self, text: str) -> Json | None:
        if text == "Patient/test":
            return {"resourceType": "Patient"}
        if not re.fullmatch(r"[A-Za-z]+/[A-Za-z0-9.\-]+", text):
            return None
        for name in (text.replace("/", "-"), text.partition("/")[2]):
            for ending in (".json", ".xml"):
                file = self._folder / (name.lower() + ending)
                if file.is_file():
                    try:
                        found: Json = read(file)
                    except fhir.ParseError:
                        return None
                    return found
        return None


@cache
def _called(system: str) -> dict[str, frozenset[str]]:
    """What R4 calls the codes of a system that it publishes."""
    found = terminology.packaged("CodeSystem", system) or {}
    names: dict[str, frozenset[str]] = {}
    waiting = list(found.get("concept", ()))
    while waiting:
        row = waiting.pop()
        waiting += row.get("concept", ())
        said = [row.get("display"), *(d.get("value") for d in row.get("designation", ()))]
        names[row["code"]] = frozenset(text for text in said if text)
    return names


def _registry(case: Case) -> tuple[fhir.Profiles, tuple[str, ...]]:
    profiles = fhir.Profiles(displays=lambda system, code: _called(system).get(code))
    named: tuple[str, ...] = () if case.profile is None else (case.profile,)
    for file in case.beside:
        try:
            resource = read(file)
        except fhir.ParseError:
            continue
        if resource["resourceType"] == "StructureDefinition":
            profiles.add(resource)
            if case.profile is not None and file.as_posix().endswith("/" + case.profile):
                named = (resource["url"],)
        elif resource["resourceType"] == "ImplementationGuide":
            for row in resource.get("global", ()):
                profiles.bind(row["type"], row["profile"])
        else:
            profiles.keep(resource)
    return profiles, named


def fault(case: Case) -> str | None:
    """How the verdict differs from the recorded one, or None."""
    found = told(case)
    if bool(found) == bool(case.errors):
        return None
    if found:
        return f"refused: {found[0][:200]}"
    return f"accepted; recorded: {case.errors[0][:200]}"
