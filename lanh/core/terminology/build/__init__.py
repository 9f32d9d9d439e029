"""Building the packaged terminology of FHIR R4."""
