"""The FHIR R4 REST interface (R4 3.1)."""

from lanh.core.api.fhir.interface import FhirInterface, fhir_routes

__all__ = ["FhirInterface", "fhir_routes"]
