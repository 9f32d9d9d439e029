"""Same human or not: features, comparison with evidence, decisions, links and their history."""

from lanh.core.matching.comparison import Comparison, Evidence, compare, name_similarity
from lanh.core.matching.decision import Candidate, Decision, Doubt, IdentifierKind, Policy, decide
from lanh.core.matching.features import Features, block_keys
from lanh.core.matching.linking import BY_RULES, Change, forget_records, link_records
from lanh.core.matching.links import (
    STEWARD_RULE,
    Link,
    Review,
    UnknownRecord,
    close_review,
    link,
    links_by_rule,
    links_of,
    open_reviews,
    persons_of,
    records_of,
    unlink,
)

__all__ = [
    "BY_RULES",
    "STEWARD_RULE",
    "Candidate",
    "Change",
    "Comparison",
    "Decision",
    "Doubt",
    "Evidence",
    "Features",
    "IdentifierKind",
    "Link",
    "Policy",
    "Review",
    "UnknownRecord",
    "block_keys",
    "close_review",
    "compare",
    "decide",
    "forget_records",
    "link",
    "link_records",
    "links_by_rule",
    "links_of",
    "name_similarity",
    "open_reviews",
    "persons_of",
    "records_of",
    "unlink",
]
