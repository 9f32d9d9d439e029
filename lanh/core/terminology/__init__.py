"""Code systems, value sets and concept maps, each as it stands on a day.

`Terminology()` gives the plans: `member`, `expand_codes`, `descendants`, `ancestors`, `subsumes`
for search; `find` for forms; `hook` for the record store; `scope(day)` for the operations
`expand`, `look_up`, `relation`, `in_value_set`, `in_code_system`, `translate`. `PathTerminology`
fills the port of FHIRPath, `SearchTerminology` that of searches.

Dated lists (a ministry's): `parse` reads one strictly, `load` brings it into the database,
`lookup`, `displays`, `search` and `systems` ask the loaded rows.
"""

from lanh.core.terminology.code_system import (
    CodeSystem,
    CodeSystemError,
    Concept,
    Content,
    Value,
    parse,
)
from lanh.core.terminology.errors import (
    NotSupported,
    TerminologyError,
    TooCostly,
    Unknown,
    Unusable,
)
from lanh.core.terminology.expansion import Wanted, expand
from lanh.core.terminology.lookup import lookup as look_up
from lanh.core.terminology.lookup import relation
from lanh.core.terminology.packaged import packaged, packaged_by_id
from lanh.core.terminology.path_port import PathTerminology
from lanh.core.terminology.plans import Entry, Loaded, displays, load, lookup, search, systems
from lanh.core.terminology.scope import Scope, split
from lanh.core.terminology.search_port import SearchTerminology
from lanh.core.terminology.service import Choice, Choices, Terminology, today
from lanh.core.terminology.translation import Asked, Match, matched, translate
from lanh.core.terminology.validation import (
    Coded,
    Manner,
    Verdict,
    in_code_system,
    in_value_set,
)

__all__ = [
    "Asked",
    "Choice",
    "Choices",
    "CodeSystem",
    "CodeSystemError",
    "Coded",
    "Concept",
    "Content",
    "Entry",
    "Loaded",
    "Manner",
    "Match",
    "NotSupported",
    "PathTerminology",
    "Scope",
    "SearchTerminology",
    "Terminology",
    "TerminologyError",
    "TooCostly",
    "Unknown",
    "Unusable",
    "Value",
    "Verdict",
    "Wanted",
    "displays",
    "expand",
    "in_code_system",
    "in_value_set",
    "load",
    "look_up",
    "lookup",
    "matched",
    "packaged",
    "packaged_by_id",
    "parse",
    "relation",
    "search",
    "split",
    "systems",
    "today",
    "translate",
]
