"""Turns the published FHIR R4 definitions into the compact tables that the package carries."""
