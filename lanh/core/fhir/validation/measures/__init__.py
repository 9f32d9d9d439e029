"""Measures with the CQL they name, and reports with their measure (R4 13.13, 13.14)."""

from lanh.core.fhir.validation.measures.criteria import measure_faults
from lanh.core.fhir.validation.measures.report import report_faults

__all__ = ["measure_faults", "report_faults"]
