"""Which field of a package made which element of a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lanh.connectors.claims_xml.case import Case, moment
from lanh.connectors.claims_xml.envelope import Row
from lanh.core.bus import Draft
from lanh.nation import naming

_ROLE = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"


@dataclass(slots=True)
class Made:
    """What one row of a certificate was made into: by field, the elements."""

    table: str
    number: int
    elements: dict[str, list[tuple[dict[str, Any], str]]] = field(default_factory=dict)

    def note(self, name: str, resource: dict[str, Any], path: str) -> None:
        """A field stands at a path of a resource."""
        self.elements.setdefault(name, []).append((resource, path))

    def provenance(self, case: Case, drafts: Sequence[Draft], row: Row) -> Draft:
        """The Provenance: each filled field is a source, with the elements that it made.

        A field without an element of its own stands in the Composition's extension of its name.
        """
        names = {id(draft.body): f"{draft.type}/{draft.id}" for draft in drafts}
        document = f"{drafts[0].type}/{drafts[0].id}"
        entities = [
            self._entity(name, names, document)
            for name, value in row.values.items()
            if value and name != "MA_LK"
        ]
        resource: dict[str, Any] = {
            "resourceType": "Provenance",
            "target": [{"reference": f"{draft.type}/{draft.id}"} for draft in drafts],
            "recorded": moment(case.row.values["NGAY_RA"]),
            "agent": [
                {
                    "type": {"coding": [{"system": _ROLE, "code": "author"}]},
                    "who": case.organization,
                }
            ],
        }
        if entities:
            resource["entity"] = entities
        return case.draft(resource, case.key, self.table, str(self.number))

    def _entity(self, name: str, names: Mapping[int, str], document: str) -> dict[str, Any]:
        found = [
            f"{names[id(resource)]}#{path}"
            for resource, path in self.elements.get(name, ())
            if id(resource) in names
        ]
        found = found or [f"{document}#extension({name})"]
        value = f"{self.table}[{self.number}].{name}"
        return {
            "extension": [
                {"url": naming.MADE_ELEMENT_EXTENSION, "valueString": each} for each in found
            ],
            "role": "source",
            "what": {"identifier": {"system": naming.CLAIM_FIELD, "value": value}},
        }
