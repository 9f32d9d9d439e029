"""The rules a claim package is held to beyond its fields: dated data, and a function each.

What a rule is called, how grave it is, from when to when it holds and what it compares with stands
in `tables/rules.yaml`; what it looks at is the function that its `check` names.
"""

from lanh.connectors.claims_xml.checking import (
    approved,
    beds,
    certificates,
    figures,
    presence,
    services,
    times,
)
from lanh.connectors.claims_xml.checking.catalogues import Catalogues, Entry, NoCatalogues
from lanh.connectors.claims_xml.checking.engine import Policy, apply
from lanh.connectors.claims_xml.checking.rule import (
    Episode,
    Finding,
    Rule,
    published_rules,
)

CHECKS = {
    **approved.CHECKS,
    **beds.CHECKS,
    **certificates.CHECKS,
    **figures.CHECKS,
    **presence.CHECKS,
    **services.CHECKS,
    **times.CHECKS,
}

__all__ = [
    "CHECKS",
    "Catalogues",
    "Entry",
    "Episode",
    "Finding",
    "NoCatalogues",
    "Policy",
    "Rule",
    "apply",
    "published_rules",
]
