"""From comparisons to a decision: link, look at it, or somebody new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from lanh.core.matching.comparison import Comparison, Evidence, compare
from lanh.core.matching.features import Features


@dataclass(frozen=True, slots=True)
class IdentifierKind:
    """A kind of identifier and what it is worth.

    `unique`: one human has one, so two different values speak against the same human (numbers that
    can be re-issued are not unique in this sense unless both are valid now).
    """

    kind: str
    rule: str
    unique: bool = True


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
    """A person the record may belong to, for a human to decide."""

    person_id: str
    rule: str
    score: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """`person_id` is None for somebody new; `doubts` are to be reviewed in any case."""

    kind: Literal["link", "new"]
    person_id: str | None
    rule: str
    score: float
    evidence: tuple[Evidence, ...]
    doubts: tuple[Doubt, ...] = ()


NEW_RULE = "new"


def decide(features: Features, candidates: Sequence[Candidate], policy: Policy) -> Decision:
    """Which person a record belongs to.

    By the strongest identifier it shares, unless name and birth date both speak against it (then a
    human looks); else by demographics, where one person is likely enough and no unique identifier
    contradicts; else nobody known. Persons that are only likely become doubts. Two persons are
    never merged here: where identifiers point to several, the strongest wins and the rest are
    doubts.
    """
    doubts: list[Doubt] = []
    linked: Decision | None = None
    for kind in policy.identifiers:
        for candidate, comparison in _sharing(features, candidates, kind.kind):
            if linked is not None and candidate.person_id == linked.person_id:
                continue
            if linked is not None or _contradicted(features, candidate.features, comparison):
                doubts.append(_doubt(candidate, kind.rule, comparison))
            else:
                linked = _link(candidate, kind.rule, comparison)
    if linked is None:
        linked, more = _by_demographics(features, candidates, policy)
        doubts.extend(more)
    doubts = [doubt for doubt in doubts if linked is None or doubt.person_id != linked.person_id]
    unique = {doubt.person_id: doubt for doubt in sorted(doubts, key=lambda doubt: doubt.score)}
    remaining = tuple(sorted(unique.values(), key=lambda doubt: -doubt.score))
    if linked is None:
        return Decision("new", None, NEW_RULE, 1.0, (), remaining)
    return Decision("link", linked.person_id, linked.rule, linked.score, linked.evidence, remaining)


def _sharing(
    features: Features, candidates: Sequence[Candidate], kind: str
) -> Iterable[tuple[Candidate, Comparison]]:
    own = features.values(kind)
    if not own:
        return
    for candidate in candidates:
        if own & candidate.features.values(kind):
            comparison = compare(features, candidate.features)
            yield candidate, Comparison((Evidence(kind, "same", 14.0), *comparison.evidence))


def _contradicted(one: Features, other: Features, comparison: Comparison) -> bool:
    name = comparison.finding("name")
    birth = comparison.finding("birth")
    if one.birth_order is not None and other.birth_order is not None:
        return one.birth_order != other.birth_order
    return name == "different" and birth in ("different", "one-part")


def _by_demographics(
    features: Features, candidates: Sequence[Candidate], policy: Policy
) -> tuple[Decision | None, list[Doubt]]:
    best: dict[str, tuple[Candidate, Comparison, str]] = {}
    for candidate in candidates:
        if _excluded(features, candidate.features, policy):
            continue
        comparison = compare(features, candidate.features)
        rule = policy.demographics_rule
        if features.parent and features.parent == candidate.features.parent:
            comparison = Comparison((*comparison.evidence, Evidence("parent", "same", 8.0)))
            rule = policy.newborn_rule
        known = best.get(candidate.person_id)
        if known is None or comparison.weight > known[1].weight:
            best[candidate.person_id] = (candidate, comparison, rule)
    ranked = sorted(best.values(), key=lambda entry: -entry[1].weight)
    sure = [entry for entry in ranked if entry[1].score >= policy.link_score]
    likely = [entry for entry in ranked if entry[1].score >= policy.review_score]
    if len(sure) == 1 and _complete(features, sure[0][0].features):
        candidate, comparison, rule = sure[0]
        others = [_doubt(entry[0], entry[2], entry[1]) for entry in likely if entry is not sure[0]]
        return _link(candidate, rule, comparison), others
    return None, [_doubt(entry[0], entry[2], entry[1]) for entry in likely]


def _excluded(one: Features, other: Features, policy: Policy) -> bool:
    """Unique identifiers that differ, or two places in one multiple birth: two humans."""
    for kind in policy.identifiers:
        mine, theirs = one.values(kind.kind), other.values(kind.kind)
        if kind.unique and mine and theirs and not mine & theirs:
            return True
    if one.birth_order is None or other.birth_order is None:
        return False
    return one.birth_order != other.birth_order


def _complete(one: Features, other: Features) -> bool:
    """Demographics link on their own only with a birth date and one more thing than the name."""
    if not one.birth or not other.birth:
        return False
    further = ((one.place, other.place), (one.phone, other.phone), (one.parent, other.parent))
    return any(mine is not None and mine == theirs for mine, theirs in further)


def _link(candidate: Candidate, rule: str, comparison: Comparison) -> Decision:
    return Decision("link", candidate.person_id, rule, comparison.score, comparison.evidence)


def _doubt(candidate: Candidate, rule: str, comparison: Comparison) -> Doubt:
    return Doubt(candidate.person_id, rule, comparison.score, comparison.evidence)
