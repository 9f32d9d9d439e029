"""From comparisons to a decision: link, look at it, or somebody new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rapidfuzz.distance import OSA

from lanh.core.matching.comparison import Comparison, Evidence, compare
from lanh.core.matching.features import Features


@dataclass(frozen=True, slots=True)
class IdentifierKind:
    """A kind of identifier and what it is worth.

    `unique`: one human has one, so two different values speak against the same human, and a
    weaker identifier or demographics never join what a unique one keeps apart. `corroborated`: it
    is lent or used twice often enough that it counts only where name and birth date agree too.
    """

    kind: str
    rule: str
    unique: bool = True
    corroborated: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one country: its identifiers, strongest first, and the thresholds.

    `link_score`: at or above, demographics alone link. `review_score`: at or above, a human looks.
    """

    identifiers: tuple[IdentifierKind, ...]
    demographics_rule: str = "demographics"
    newborn_rule: str = "newborn"
    link_score: float = 0.999
    review_score: float = 0.90


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record already linked to a person."""

    features: Features
    person_id: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """A person the record may belong to, for a human to decide.

    `other_id` is the record of that person that it was compared with.
    """

    person_id: str
    rule: str
    score: float
    evidence: tuple[Evidence, ...]
    other_id: str


@dataclass(frozen=True, slots=True)
class Decision:
    """`person_id` is None for somebody new; `doubts` are to be reviewed in any case.

    `other_id` is the record of the person that the link rests on, "" for somebody new.
    """

    kind: Literal["link", "new"]
    person_id: str | None
    rule: str
    score: float
    evidence: tuple[Evidence, ...]
    doubts: tuple[Doubt, ...] = ()
    other_id: str = ""


NEW_RULE = "new"
DELETED_RULE = "deleted"


_SHORTEST_NUMBER = 6  # below this, numbers that differ by one sign are simply two numbers
_NAMES_AGREE = frozenset({"same", "shortened"})
_NAMES_MAY_AGREE = _NAMES_AGREE | {"close", "missing", None}
_BIRTHS_AGREE = frozenset({"same", "swapped", "same-known"})


def decide(features: Features, candidates: Sequence[Candidate], policy: Policy) -> Decision:
    """Which person a record belongs to; `candidates` are all records of the persons it met.

    By the strongest identifier it shares, unless name and birth date both speak against it, or a
    stronger identifier does (then a human looks); else by demographics, where one person is likely
    enough and no unique identifier contradicts; else nobody known. Persons that are only likely
    become doubts. Two persons are never merged here: where identifiers point to several, the
    strongest wins and the rest are doubts.
    """
    people: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        people.setdefault(candidate.person_id, []).append(candidate)
    linked, doubts = _by_identifiers(features, people, policy)
    if linked is None:
        linked, more = _by_demographics(features, people, policy)
        doubts.extend(more)
    doubts = [doubt for doubt in doubts if linked is None or doubt.person_id != linked.person_id]
    unique = {doubt.person_id: doubt for doubt in sorted(doubts, key=lambda doubt: doubt.score)}
    remaining = tuple(sorted(unique.values(), key=lambda doubt: -doubt.score))
    if linked is None:
        return Decision("new", None, NEW_RULE, 1.0, (), remaining)
    return replace(linked, doubts=remaining)


def conflict(
    features: Features, records: Iterable[Features], kinds: Iterable[IdentifierKind]
) -> Evidence | None:
    """The first unique identifier in which a record and a person's records share no value."""
    records = list(records)
    for kind in kinds:
        mine = features.values(kind.kind)
        theirs = frozenset(value for record in records for value in record.values(kind.kind))
        if kind.unique and mine and theirs and not mine & theirs:
            return Evidence(kind.kind, "different", -14.0)
    return None


def _by_identifiers(
    features: Features, people: Mapping[str, Sequence[Candidate]], policy: Policy
) -> tuple[Decision | None, list[Doubt]]:
    linked: Decision | None = None
    doubts: list[Doubt] = []
    for place, kind in enumerate(policy.identifiers):
        own = features.values(kind.kind)
        if not own:
            continue
        for person_id, records in people.items():
            if linked is not None and person_id == linked.person_id:
                continue
            pairs = [
                (candidate, compare(features, candidate.features))
                for candidate in records
                if own & candidate.features.values(kind.kind)
            ]
            if not pairs:
                continue
            candidate, comparison = max(pairs, key=lambda pair: pair[1].weight)
            against = conflict(
                features, (each.features for each in records), policy.identifiers[:place]
            )
            found = [Evidence(kind.kind, "same", 14.0), *comparison.evidence]
            comparison = Comparison(tuple([against, *found] if against else found))
            refused = (
                linked is not None
                or against is not None
                or _contradicted(features, candidate.features, comparison, kind)
            )
            if refused:
                doubts.append(_doubt(candidate, kind.rule, comparison))
            else:
                linked = _link(candidate, kind.rule, comparison)
    return linked, doubts


def _contradicted(
    one: Features, other: Features, comparison: Comparison, kind: IdentifierKind
) -> bool:
    """Whether a shared identifier was rather lent or mistyped: to a newborn by its mother, say."""
    name, birth = comparison.finding("name"), comparison.finding("birth")
    if _two_of_one_birth(one, other):
        return True
    if kind.corroborated:
        agree = birth in _BIRTHS_AGREE and name in _NAMES_MAY_AGREE
        return not agree or comparison.finding("sex") == "different"
    if birth == "different" and (name == "missing" or one.infant != other.infant):
        return True
    return name == "different" and birth in ("different", "one-part")


def _two_of_one_birth(one: Features, other: Features) -> bool:
    if one.birth_order is None or other.birth_order is None:
        return False
    return one.birth_order != other.birth_order


def _by_demographics(
    features: Features, people: Mapping[str, Sequence[Candidate]], policy: Policy
) -> tuple[Decision | None, list[Doubt]]:
    best: list[tuple[Candidate, Comparison, str]] = []
    mistyped: list[Doubt] = []
    for records in people.values():
        known = [candidate.features for candidate in records]
        if any(_two_of_one_birth(features, each) for each in known):
            continue
        pairs = [(each, *_compared(features, each.features, policy)) for each in records]
        candidate, comparison, rule = max(pairs, key=lambda pair: pair[1].weight)
        against = conflict(features, known, policy.identifiers)
        if against is None:
            best.append((candidate, comparison, rule))
        elif _mistyped(features, known, against) and _enough(
            features, candidate.features, comparison
        ):
            slip = replace(against, finding="close")
            mistyped.append(_doubt(candidate, rule, Comparison((slip, *comparison.evidence))))
    ranked = sorted(best, key=lambda entry: -entry[1].weight)
    sure = [entry for entry in ranked if entry[1].score >= policy.link_score]
    likely = [entry for entry in ranked if entry[1].score >= policy.review_score]
    if len(sure) == 1 and _enough(features, sure[0][0].features, sure[0][1]):
        candidate, comparison, rule = sure[0]
        others = [_doubt(entry[0], entry[2], entry[1]) for entry in likely if entry is not sure[0]]
        return _link(candidate, rule, comparison), others + mistyped
    return None, [_doubt(entry[0], entry[2], entry[1]) for entry in likely] + mistyped


def _mistyped(features: Features, records: Iterable[Features], against: Evidence) -> bool:
    """Whether a number that keeps two apart differs by one slip: a sign or two neighbours."""
    kind = against.feature
    return any(
        OSA.distance(mine, other, score_cutoff=1) <= 1
        for mine in features.values(kind)
        for record in records
        for other in record.values(kind)
        if len(mine) >= _SHORTEST_NUMBER
    )


def _compared(one: Features, other: Features, policy: Policy) -> tuple[Comparison, str]:
    comparison = compare(one, other)
    if one.parent and one.parent == other.parent:
        same = Evidence("parent", "same", 8.0)
        return Comparison((*comparison.evidence, same)), policy.newborn_rule
    return comparison, policy.demographics_rule


def _enough(one: Features, other: Features, comparison: Comparison) -> bool:
    """Whether demographics may link on their own, beside being likely.

    Twins and brothers share birth date, home and phone, and have names that are alike; so the
    name must be the same or shortened, and a slip of one letter is for a human to judge. A
    newborn is linked by its mother only.
    """
    name, birth = comparison.finding("name"), comparison.finding("birth")
    if comparison.finding("sex") == "different" or birth not in _BIRTHS_AGREE:
        return False
    if one.infant or other.infant or (one.parent and other.parent):
        return _same_newborn(one, other, name, birth)
    further = ((one.place, other.place), (one.phone, other.phone))
    return name in _NAMES_AGREE and any(mine and mine == theirs for mine, theirs in further)


def _same_newborn(one: Features, other: Features, name: str | None, birth: str | None) -> bool:
    """The same mother and day. Two that are unnamed, or numbered apart by one facility, may be
    twins unless their place in the birth is told."""
    if not one.parent or one.parent != other.parent or birth != "same":
        return False
    if one.birth_order is not None and one.birth_order == other.birth_order:
        return name in _NAMES_MAY_AGREE
    if _numbered_apart(one, other):
        return False
    return name in _NAMES_AGREE or (name == "missing" and bool(one.name) != bool(other.name))


def _numbered_apart(one: Features, other: Features) -> bool:
    """Whether one facility gave the two different numbers; such a value is `system|number`."""
    given = dict(_by_system(one))
    return any(given.get(system, value) != value for system, value in _by_system(other))


def _by_system(features: Features) -> Iterator[tuple[str, str]]:
    for _, value in features.identifiers:
        system, separator, number = value.rpartition("|")
        if separator:
            yield system, number


def _link(candidate: Candidate, rule: str, comparison: Comparison) -> Decision:
    score, evidence = comparison.score, comparison.evidence
    other = candidate.features.record_id
    return Decision("link", candidate.person_id, rule, score, evidence, other_id=other)


def _doubt(candidate: Candidate, rule: str, comparison: Comparison) -> Doubt:
    other = candidate.features.record_id
    return Doubt(candidate.person_id, rule, comparison.score, comparison.evidence, other)
