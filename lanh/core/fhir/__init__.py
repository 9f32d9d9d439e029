"""FHIR R4 (4.0.1): JSON, validation, references, search values. Pure: no I/O but packaged tables."""

from lanh.core.fhir.issues import Issue, ParseError, operation_outcome
from lanh.core.fhir.serialization import dumps, loads
from lanh.core.fhir.validation import validate

__all__ = ["Issue", "ParseError", "dumps", "loads", "operation_outcome", "validate"]
