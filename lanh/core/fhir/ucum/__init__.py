"""UCUM: units of measure by their grammar, and quantities in canonical units.

Source: The Unified Code for Units of Measure 2.2 (case sensitive codes). The README in this folder
tells what the table holds, its licence and what is limited.
"""

from lanh.core.fhir.ucum.expression import parse_unit
from lanh.core.fhir.ucum.quantity import canonical_quantity, convert
from lanh.core.fhir.ucum.unit import Unit, UnitError

SYSTEM = "http://unitsofmeasure.org"
"""The code system that names UCUM in FHIR."""

__all__ = ["SYSTEM", "Unit", "UnitError", "canonical_quantity", "convert", "parse_unit"]
