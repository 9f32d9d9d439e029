"""HL7 v2 over HTTP and MLLP: reading, mapping ADT and ORU to FHIR, acknowledging, writing."""

from lanh.connectors.hl7v2.acknowledgement import acknowledge
from lanh.connectors.hl7v2.connector import Hl7v2Connector
from lanh.connectors.hl7v2.reader import Message, Unreadable, read
from lanh.connectors.hl7v2.writer import Repeats, message_header, write

__all__ = [
    "Hl7v2Connector",
    "Message",
    "Repeats",
    "Unreadable",
    "acknowledge",
    "message_header",
    "read",
    "write",
]
