"""Vital signs, which R4 asks to conform to its profiles, told by their LOINC codes.

Source: R4, observation-vitalsigns.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_LOINC = "http://loinc.org"
_PROFILE = "http://hl7.org/fhir/StructureDefinition/"
_BY_CODE = {
    "85353-1": "vitalspanel",
    "9279-1": "resprate",
    "8867-4": "heartrate",
    "2708-6": "oxygensat",
    "8310-5": "bodytemp",
    "8302-2": "bodyheight",
    "9843-4": "headcircum",
    "29463-7": "bodyweight",
    "39156-5": "bmi",
    "85354-9": "bp",
}


def vital_sign_profiles(observation: dict[str, Any]) -> Iterator[str]:
    """The profiles of the vital signs that an Observation says it is, by its LOINC codes."""
    code = observation.get("code")
    codings = code.get("coding") if type(code) is dict else None
    for coding in codings if type(codings) is list else ():
        if type(coding) is dict and coding.get("system") == _LOINC:
            text = coding.get("code")
            name = _BY_CODE.get(text) if type(text) is str else None
            if name is not None:
                yield _PROFILE + name
