"""Vital signs, which R4 asks to conform to its profiles, told by their LOINC codes.

Source: R4, observation-vitalsigns.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_LOINC = "http://loinc.org"
_SNOMED = "http://snomed.info/sct"
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
# Other codes of the same measurements, which R4 asks to be sent beside the code above.
_KINDRED = {
    (_SNOMED, code): name
    for name, codes in {
        "resprate": "86290005",
        "heartrate": "364075005 249043002 444981005 399017001 251670001 429525003 429614003",
        "oxygensat": "442476006 431314004",
        "bodytemp": "386725007 276885007 300076005 364246006 307047009 708499008 431598003 "
        "698831002 698832009 415882003 415974002 415929009 415945006",
        "bodyheight": "50373000 1153637007 1162419008 1162418000 1230278008",
        "headcircum": "363812007 169876006 363811000",
        "bodyweight": "27113001 735395000 425024002 424927000 784399000 1162416001",
        "bmi": "60621009",
        "bp": "75367002 251076008 163033001 163035008 386534000 386536003",
    }.items()
    for code in codes.split()
}


def vital_sign_profiles(observation: dict[str, Any], *, kindred: bool = False) -> Iterator[str]:
    """The profiles of the vital signs that an Observation says it is, by its LOINC codes, and
    where `kindred` by SNOMED CT's codes of the same measurements."""
    code = observation.get("code")
    codings = code.get("coding") if type(code) is dict else None
    for coding in codings if type(codings) is list else ():
        if type(coding) is not dict or type(coding.get("code")) is not str:
            continue
        system, text = coding.get("system"), coding["code"]
        name = _BY_CODE.get(text) if system == _LOINC else None
        if name is None and kindred and type(system) is str:
            name = _KINDRED.get((system, text))
        if name is not None:
            yield _PROFILE + name
