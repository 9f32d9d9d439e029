"""Health-insurance claim packages of Decision 3176/QĐ-BYT: reading, checking, mapping, writing."""

from lanh.connectors.claims_xml.checking import (
    Catalogues,
    Entry,
    NoCatalogues,
    Policy,
    Rule,
    published_rules,
)
from lanh.connectors.claims_xml.claim import figures_of_claim
from lanh.connectors.claims_xml.connector import ClaimsConnector
from lanh.connectors.claims_xml.fields import TABLES, Field, Table
from lanh.connectors.claims_xml.figures import Figures, Line, money
from lanh.connectors.claims_xml.package import Package, figures, read
from lanh.connectors.claims_xml.signature import SignatureCheck, UnitSignature
from lanh.connectors.claims_xml.writer import build_check_in, build_package, write

__all__ = [
    "TABLES",
    "Catalogues",
    "ClaimsConnector",
    "Entry",
    "Field",
    "Figures",
    "Line",
    "NoCatalogues",
    "Package",
    "Policy",
    "Rule",
    "SignatureCheck",
    "Table",
    "UnitSignature",
    "build_check_in",
    "build_package",
    "figures",
    "figures_of_claim",
    "money",
    "published_rules",
    "read",
    "write",
]
