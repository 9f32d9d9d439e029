"""FHIR R4 messages: Bundles of every kind, resources by themselves, NDJSON."""

from lanh.connectors.fhir.connector import FhirConnector

__all__ = ["FhirConnector"]
