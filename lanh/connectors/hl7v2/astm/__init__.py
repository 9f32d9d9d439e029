"""Results of laboratory analysers: LIS02-A2 records over LIS01-A2 frames (ASTM E1394, E1381)."""

from lanh.connectors.hl7v2.astm.connector import AstmConnector

__all__ = ["AstmConnector"]
