"""FHIR XML (R4 2.6.1) to and from the JSON form, by the packaged definitions."""

from lanh.core.fhir.xml.reading import from_xml
from lanh.core.fhir.xml.writing import to_xml

__all__ = ["from_xml", "to_xml"]
