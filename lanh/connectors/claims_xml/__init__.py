"""Health-insurance claim packages of Decision 3176/QĐ-BYT: reading, checking, mapping, writing."""

from lanh.connectors.claims_xml.fields import TABLES, Field, Table
from lanh.connectors.claims_xml.writer import build_package, write

__all__ = ["TABLES", "Field", "Table", "build_package", "write"]
