"""Conformance resources: definitions against the definitions that they name (R4 5)."""

from lanh.core.fhir.validation.conformance.capability import capability_faults
from lanh.core.fhir.validation.conformance.concept_map import map_faults
from lanh.core.fhir.validation.conformance.search_parameter import parameter_faults
from lanh.core.fhir.validation.conformance.structure import structure_faults

__all__ = ["capability_faults", "map_faults", "parameter_faults", "structure_faults"]
