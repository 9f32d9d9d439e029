"""What the mappings of one message share: who sent it, the keys of its records, its notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lanh.connectors.hl7v2.datatypes import codeable, system_uri
from lanh.connectors.hl7v2.reader import Segment, Value
from lanh.connectors.hl7v2.times import date_time
from lanh.connectors.hl7v2.words import WORDS
from lanh.core.bus import Draft, derived_id
from lanh.core.fhir import Issue


@dataclass(slots=True)
class Scene:
    """One message being mapped. `place` is the sender's id space: facility code or client."""

    place: str
    message: str = ""
    """What tells the message apart: MSH-3 and MSH-10."""
    number: str = ""
    drafts: list[Draft] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    patient: str = ""
    encounter: str | None = None
    origins: dict[tuple[str, str], str] = field(default_factory=dict)
    """The segment that a record (type, id) was made from."""

    @property
    def local(self) -> str:
        """The root of URIs for codes and identifiers that only the sender knows."""
        return f"urn:lanh:local:{self.place}"

    def key(self, kind: str, *parts: str) -> str:
        """The id of a record of this sender, the same for each message about it."""
        return derived_id(self.place, kind, *parts)

    def note(self, severity: str, code: str, at: str, key: str, **parameters: Any) -> None:
        """Add an issue; `at` is a place such as "PID-7"."""
        self.issues.append(Issue(severity, code, at, WORDS.message(key, **parameters)))  # type: ignore[arg-type]

    def time(self, segment: Segment, place: int) -> str | None:
        """A date or time of a field; one that cannot be read is noted and left out."""
        text = segment[place][1]
        if not text or segment.is_null(place):
            return None
        found = date_time(text)
        if found is None:
            self.note("warning", "value", segment.at(place), "time-unreadable", value=text)
        return found

    def concept(self, value: Value) -> dict[str, Any] | None:
        """A coded field to CodeableConcept."""
        return codeable(value, f"{self.local}:codes")

    def identifier(self, value: Value, kind: str) -> dict[str, Any] | None:
        """EI (entity identifier) to Identifier."""
        if not value[1]:
            return None
        local = f"{self.local}:{kind}"
        return {
            "system": system_uri(value[2], value[3], value[4], local) or local,
            "value": value[1],
        }

    def identifier_cx(self, value: Value, kind: str) -> dict[str, Any]:
        """CX (identifier with check digit) to Identifier, in the sender's own system of a kind."""
        local = f"{self.local}:{kind}"
        system = system_uri(value[4, 1], value[4, 2], value[4, 3], local)
        return {"system": system or local, "value": value[1]}

    def order(self, *segments: Segment | None) -> dict[str, Any] | None:
        """The placer's number of an order, from the first of ORC-2, OBR-2 that has one."""
        return self._numbered(segments, 2, "placer-order")

    def filled(self, *segments: Segment | None) -> dict[str, Any] | None:
        """The filler's number of an order, from the first of ORC-3, OBR-3 that has one."""
        return self._numbered(segments, 3, "filler-order")

    def _numbered(
        self, segments: tuple[Segment | None, ...], place: int, kind: str
    ) -> dict[str, Any] | None:
        for segment in segments:
            if segment is not None and (found := self.identifier(segment[place], kind)):
                return found
        return None

    def draft(
        self, resource: dict[str, Any], key: str, *, segment: Segment | None = None, **options: Any
    ) -> str:
        """Add a record of this message, made from `segment`, and return the reference to it."""
        kind = resource["resourceType"]
        if segment is not None:
            self.origins[kind, key] = segment.at()
        self.drafts.append(
            Draft(kind, resource, id=key, settled=True, path=str(len(self.drafts)), **options)
        )
        return f"{kind}/{key}"

    def about(self, resource: dict[str, Any], name: str = "subject") -> dict[str, Any]:
        """The resource with its patient filled in, and its encounter where there is one."""
        resource[name] = {"reference": self.patient}
        if self.encounter and resource["resourceType"] not in ("Specimen", "Coverage"):
            resource["encounter"] = {"reference": self.encounter}
        return resource
