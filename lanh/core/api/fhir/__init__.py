"""The FHIR R4 REST interface (R4 3.1)."""

from lanh.core.api.fhir.incoming import Direct
from lanh.core.api.fhir.interface import FhirInterface, fhir_routes, interface_of

__all__ = ["Direct", "FhirInterface", "fhir_routes", "interface_of"]
