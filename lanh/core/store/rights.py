"""What a subject may do with a type, reckoned once for each Access."""

from __future__ import annotations

from collections import OrderedDict

from lanh.core import access
from lanh.core.access import Access, Interaction, Nothing, Predicate

_KEPT = 4_096
# An Access is held as long as its entry, so that its identity is not given to another.
_known: OrderedDict[int, tuple[Access, dict[tuple[Interaction, str], Predicate]]] = OrderedDict()


def rule(subject: Access, interaction: Interaction, kind: str) -> Predicate:
    """The predicate of an interaction on a type: `access.predicate`, remembered."""
    entry = _known.get(id(subject))
    if entry is None:
        entry = _known[id(subject)] = (subject, {})
        while len(_known) > _KEPT:
            _known.popitem(last=False)
    rules = entry[1]
    found = rules.get((interaction, kind))
    if found is None:
        found = rules[interaction, kind] = access.predicate(subject, interaction, kind)
    return found


def may(subject: Access, interaction: Interaction, kind: str) -> bool:
    """Whether any row of a type is open to a subject by this interaction."""
    return not isinstance(rule(subject, interaction, kind), Nothing)
