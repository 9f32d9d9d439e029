"""Which records are about what the law keeps under grants of their own: HIV, psychiatry, genetics.

A sender may say so by a security label (meta.security, HL7 v3 ActCode HIV, PSY, GDIS). Where it
does not, an ICD-10 diagnosis says so: B20-B24 and Z21 are HIV, F00-F99 psychiatry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lanh.nation import naming

LABELS = frozenset({"HIV", "PSY", "GDIS"})
_ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_BY_DIAGNOSIS = (
    ("HIV", re.compile(r"^(B2[0-4]|Z21)")),
    ("PSY", re.compile(r"^F\d\d")),
)
_CODED = ("code", "reasonCode", "valueCodeableConcept", "diagnosisCodeableConcept")


def sensitivity(resource: dict[str, Any]) -> str:
    """The sensitivity of a resource: a label of LABELS, or "" for an ordinary one.

    Of several the first in the order HIV, PSY, GDIS counts.
    """
    labels = {
        label.get("code")
        for label in (resource.get("meta") or {}).get("security") or []
        if label.get("system") == _ACT_CODE
    }
    codes = list(_diagnoses(resource))
    for label, pattern in _BY_DIAGNOSIS:
        if label in labels or any(pattern.match(code) for code in codes):
            return label
    return "GDIS" if "GDIS" in labels else ""


def _diagnoses(resource: dict[str, Any]) -> Iterator[str]:
    places = [resource.get(name) for name in _CODED]
    places += [each.get("diagnosisCodeableConcept") for each in _parts(resource, "diagnosis")]
    for place in places:
        for concept in place if isinstance(place, list) else [place]:
            for coding in (concept or {}).get("coding") or []:
                if coding.get("system") == naming.ICD10 and coding.get("code"):
                    yield coding["code"]


def _parts(resource: dict[str, Any], name: str) -> list[dict[str, Any]]:
    parts = resource.get(name)
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
