"""From the record to the claim: the rows of XML1 to XML15 out of FHIR resources, nothing re-keyed.

What FHIR has a home for is read from there: Patient, Coverage, Encounter, Condition, Claim,
Observation, DiagnosticReport, ClinicalImpression. What only the form knows (tender string, order
time, signer's number) stands as extensions that the intake left on the record the row made: on
Claim and its items, on Observation, DiagnosticReport and ClinicalImpression, on Compositions. A
value in its home wins over an extension, so that a record corrected since is claimed as corrected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from lanh.connectors.claims_xml import homes
from lanh.connectors.claims_xml.claim import place_of
from lanh.connectors.claims_xml.fields import CERTIFICATES, TABLES
from lanh.core.bus import Draft
from lanh.nation import naming

Resource: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = dict[str, list[dict[str, str]]]

ROW_EXTENSION = "urn:lanh:extension:claim-row"  # valueString: "XML4/3", with the fields inside


class NotClaimable(ValueError):
    """The record lacks what a claim cannot be without; `missing` names the resource."""

    def __init__(self, missing: str) -> None:
        super().__init__(f"no {missing}")
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Record:
    """The resources about one episode, each with its id."""

    resources: Sequence[Resource]

    def of(self, kind: str) -> list[Resource]:
        """The resources of a type."""
        return [each for each in self.resources if each.get("resourceType") == kind]

    def one(self, kind: str) -> Resource:
        """The first of a type. Raises NotClaimable."""
        for each in self.of(kind):
            return each
        raise NotClaimable(kind)

    def referred(self, reference: Any) -> Resource | None:
        """The resource that a Reference means, if it is here."""
        name = (reference or {}).get("reference", "")
        for each in self.resources:
            if f"{each.get('resourceType')}/{each.get('id')}" == name:
                return each
        return None


def fields_of(extensions: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What extensions hold by tag."""
    return {
        each["url"].removeprefix(naming.CLAIM_FIELD_EXTENSION): each["valueString"]
        for each in extensions
        if each["url"].startswith(naming.CLAIM_FIELD_EXTENSION)
    }


def field_extensions(values: Mapping[str, str], names: Iterable[str]) -> list[dict[str, str]]:
    """Extensions for the fields that are filled."""
    return [
        {"url": naming.CLAIM_FIELD_EXTENSION + name, "valueString": values[name]}
        for name in names
        if values.get(name)
    ]


def row_extension(table: str, values: Mapping[str, str]) -> dict[str, Any]:
    """A whole row of XML4 or XML5, left on the record that it made."""
    return {
        "url": ROW_EXTENSION,
        "extension": [
            {"url": "table", "valueString": table},
            *field_extensions(values, TABLES[table].names),
        ],
    }


def rows_from(resources: Sequence[Resource]) -> Rows:
    """The rows of every table that the record of one episode holds.

    Raises NotClaimable where there is no Claim, Encounter or Patient.
    """
    record = Record(resources)
    claim = record.one("Claim")
    episode = homes.merged(fields_of(claim.get("extension", ())), episode_homes(record, claim))
    rows: Rows = {"XML1": [_ordered("XML1", episode)]}
    for item in claim.get("item", ()):
        table, values = _line(item)
        values["MA_LK"] = episode["MA_LK"]
        rows.setdefault(table, []).append(_ordered(table, values))
    for kind in ("Observation", "DiagnosticReport", "ClinicalImpression"):
        for resource in record.of(kind):
            for table, values in _rows_on(resource):
                rows.setdefault(table, []).append(_ordered(table, values))
    for document in record.of("Composition"):
        table = _table_of(document)
        if table in CERTIFICATES:
            values = fields_of(document.get("extension", ()))
            rows.setdefault(table, []).append(_ordered(table, values))
    for name in ("XML2", "XML3", "XML4", "XML5", "XML15"):
        if name in rows:
            rows[name].sort(key=lambda row: (len(row.get("STT", "")), row.get("STT", "")))
    return rows


def episode_homes(record: Record, claim: Resource) -> dict[str, str]:
    """The fields of XML1 that stand in the records of the episode."""
    encounter, patient = record.one("Encounter"), record.referred(claim.get("patient"))
    if patient is None:
        raise NotClaimable("Patient")
    visit = homes.of_visit(encounter)
    conditions = [record.referred(each.get("diagnosisReference"))
                  for each in claim.get("diagnosis", ())]  # fmt: skip
    cards = [record.referred(each.get("coverage")) for each in claim.get("insurance", ())]
    return {
        **homes.of_patient(patient, visit.get("MA_CSKCB", "")),
        **visit,
        **homes.of_diagnoses([each for each in conditions if each]),
        **homes.of_cards([each for each in cards if each]),
        **homes.of_totals(claim),
    }


def leave(drafts: Sequence[Draft], rows: Mapping[str, Sequence[Mapping[str, str]]]) -> None:
    """Leave on the Claim, among the drafts of a package, what the other records do not hold."""
    resources = [{**(draft.body or {}), "id": draft.id} for draft in drafts]
    claim = next(draft.body for draft in drafts if draft.type == "Claim" and draft.body)
    found = episode_homes(Record(resources), claim)
    left = homes.left_over(rows["XML1"][0], found)
    claim["extension"] = [*claim["extension"], *field_extensions(left, TABLES["XML1"].names)]
    lines = {(table, row["STT"]): row for table in ("XML2", "XML3") for row in rows.get(table, ())}
    for item in claim.get("item", ()):
        table, serial = place_of(item)
        kept = homes.left_over(lines[table, serial], homes.of_item(table, item))
        names = [name for name in TABLES[table].names if name not in ("MA_LK", "STT")]
        item["extension"] = [*item["extension"], *field_extensions(kept, names)]


def check_in_from(resources: Sequence[Resource]) -> list[dict[str, str]]:
    """The row of XML0 of an Encounter that a check-in began; none where none did."""
    found = []
    for encounter in Record(resources).of("Encounter"):
        values = fields_of(encounter.get("extension", ()))
        if values:
            found.append(_ordered("XML0", values))
    return found


def _ordered(table: str, values: Mapping[str, str]) -> dict[str, str]:
    names = [field.name for field in TABLES[table].fields]
    return {name: values[name] for name in names if values.get(name)}


def _line(item: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    table, serial = place_of(item)
    values = homes.merged(fields_of(item["extension"]), homes.of_item(table, item))
    return table, values | {"STT": serial}


def _rows_on(resource: Resource) -> Iterable[tuple[str, dict[str, str]]]:
    for each in resource.get("extension", ()):
        if each["url"] == ROW_EXTENSION:
            table = next(e["valueString"] for e in each["extension"] if e["url"] == "table")
            yield table, fields_of(each["extension"])


def _table_of(document: Resource) -> str:
    codings = document.get("type", {}).get("coding", ())
    return next((c["code"] for c in codings if c.get("system") == naming.CLAIM_TABLE), "")
