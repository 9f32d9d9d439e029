"""The human behind the records: numbers, cards, links between source Patients, finding people."""

from lanh.nation.person.features import POLICY, display_name, features_of, residence
from lanh.nation.person.identifiers import (
    MESSAGES,
    PersonalNumber,
    insurance_card,
    insurance_number,
    masked,
)
from lanh.nation.person.identity import (
    Answer,
    count_identities,
    identity_states,
    identity_worklist,
    keep_answers,
    said_of,
)
from lanh.nation.person.linking import PersonLinking
from lanh.nation.person.lookup import Hit, Hits, Wanted, find_people, understand
from lanh.nation.person.pairs import PairOvertaken, PairStewardship
from lanh.nation.person.register import (
    Demographics,
    IdentityState,
    PopulationRegister,
    classify,
)
from lanh.nation.person.scan import Scan, read_scan
from lanh.nation.person.steward import LinkRefused, Stewardship

__all__ = [
    "MESSAGES",
    "POLICY",
    "Answer",
    "Demographics",
    "Hit",
    "Hits",
    "IdentityState",
    "LinkRefused",
    "PairOvertaken",
    "PairStewardship",
    "PersonLinking",
    "PersonalNumber",
    "PopulationRegister",
    "Scan",
    "Stewardship",
    "Wanted",
    "classify",
    "count_identities",
    "display_name",
    "features_of",
    "find_people",
    "identity_states",
    "identity_worklist",
    "insurance_card",
    "insurance_number",
    "keep_answers",
    "masked",
    "read_scan",
    "residence",
    "said_of",
    "understand",
]
