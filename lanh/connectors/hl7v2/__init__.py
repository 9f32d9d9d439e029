"""HL7 v2 over HTTP and MLLP: reading, mapping ADT and ORU to FHIR, acknowledging, writing."""

from lanh.connectors.hl7v2.writer import Repeats, message_header, write

__all__ = ["Repeats", "message_header", "write"]
