"""Validation of resources against the R4 structure definitions."""

from lanh.core.fhir.validation.resource import validate

__all__ = ["validate"]
