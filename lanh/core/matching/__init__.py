"""Same human or not: features, comparison with evidence, decisions, links and their history."""

from lanh.core.matching.comparison import Comparison, Evidence, compare, name_similarity
from lanh.core.matching.decision import Candidate, Decision, Doubt, IdentifierKind, Policy, decide
from lanh.core.matching.erasing import erase_words
from lanh.core.matching.features import Features, block_keys
from lanh.core.matching.linking import BY_RULES, Change, forget_records, link_records
from lanh.core.matching.links import (
    STEWARD_RULE,
    Link,
    UnknownRecord,
    link,
    links_by_rule,
    links_of,
    persons_of,
    records_of,
    unlink,
)
from lanh.core.matching.reviews import (
    Review,
    ReviewState,
    count_reviews,
    open_reviews,
    review_by_id,
)
from lanh.core.matching.verdicts import (
    Answer,
    Decided,
    Overtaken,
    Verdict,
    decide_review,
    last_verdict,
    recent_verdicts,
    undo_verdict,
    verdicts_of,
)

__all__ = [
    "BY_RULES",
    "STEWARD_RULE",
    "Answer",
    "Candidate",
    "Change",
    "Comparison",
    "Decided",
    "Decision",
    "Doubt",
    "Evidence",
    "Features",
    "IdentifierKind",
    "Link",
    "Overtaken",
    "Policy",
    "Review",
    "ReviewState",
    "UnknownRecord",
    "Verdict",
    "block_keys",
    "compare",
    "count_reviews",
    "decide",
    "decide_review",
    "erase_words",
    "forget_records",
    "last_verdict",
    "link",
    "link_records",
    "links_by_rule",
    "links_of",
    "name_similarity",
    "open_reviews",
    "persons_of",
    "recent_verdicts",
    "records_of",
    "review_by_id",
    "undo_verdict",
    "unlink",
    "verdicts_of",
]
