"""How alike two records are: a weight for each feature, explained, summed to a score."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz.distance import JaroWinkler

from lanh.core.matching.features import Features


@dataclass(frozen=True, slots=True)
class Evidence:
    """One feature's part in a comparison: what was found and the weight it adds (in bits)."""

    feature: str
    finding: str
    weight: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """All evidence on one pair. `score` is the probability that the two are the same human."""

    evidence: tuple[Evidence, ...]

    @property
    def weight(self) -> float:
        """The sum of the weights, prior included."""
        return sum(part.weight for part in self.evidence)

    @property
    def score(self) -> float:
        """2^w / (1 + 2^w), as Fellegi and Sunter's weights give it; between 0 and 1."""
        bounded = max(-40.0, min(40.0, self.weight))
        odds: float = 2.0**bounded
        return odds / (1.0 + odds)

    def finding(self, feature: str) -> str | None:
        """What was found on one feature, or None where it was not compared."""
        return next((part.finding for part in self.evidence if part.feature == feature), None)


# Within one block a pair is already likelier than a random one; the prior stands for the rest.
_PRIOR = Evidence("prior", "block", -6.0)

_NAME = (("same", 1.0, 7.0), ("close", 0.93, 3.5), ("similar", 0.85, 0.0), ("different", 0.0, -7.0))


def compare(one: Features, other: Features) -> Comparison:
    """Compare two records on name, birth date, sex, place and phone.

    Weights are in bits: positive speaks for the same human. They were set from the frequency of
    names and birth dates in Vietnam (few family names: a same name alone proves little) and the
    error rates seen in linkage test sets; a feature that one side lacks adds nothing.
    """
    parts = [_PRIOR, _names(one, other)]
    parts.extend(_births(one.birth, other.birth))
    if one.sex and other.sex:
        same = one.sex == other.sex
        parts.append(Evidence("sex", "same" if same else "different", 1.0 if same else -5.0))
    if one.place and other.place:
        same = one.place == other.place
        parts.append(Evidence("place", "same" if same else "different", 5.0 if same else -2.0))
    if one.phone and other.phone:
        same = one.phone == other.phone
        parts.append(Evidence("phone", "same" if same else "different", 6.0 if same else -0.5))
    return Comparison(tuple(parts))


def name_similarity(one: str, other: str) -> float:
    """Between 0 and 1: Jaro-Winkler on the names as written and with their words in order."""
    straight = JaroWinkler.similarity(one, other)
    ordered = JaroWinkler.similarity(" ".join(sorted(one.split())), " ".join(sorted(other.split())))
    return float(max(straight, ordered))


def _names(one: Features, other: Features) -> Evidence:
    if not one.name or not other.name:
        return Evidence("name", "missing", 0.0)
    similarity = name_similarity(one.name, other.name)
    for finding, least, weight in _NAME:
        if similarity >= least:
            if finding == "same" and _marks_differ(one.written, other.written):
                return Evidence("name", "marks-differ", 0.0)
            return Evidence("name", finding, weight)
    raise AssertionError("the last band begins at 0")


def _marks_differ(one: str, other: str) -> bool:
    """An and Ân are two names; An without marks may be either."""
    if one.isascii() or other.isascii():
        return False
    return sorted(one.casefold().split()) != sorted(other.casefold().split())


def _births(one: str | None, other: str | None) -> list[Evidence]:
    if not one or not other:
        return []
    finding = birth_finding(one, other)
    weights = {"same": 8.0, "same-known": 3.0, "swapped": 4.5, "one-part": 1.0, "different": -8.0}
    return [Evidence("birth", finding, weights[finding])]


def birth_finding(one: str, other: str) -> str:
    """How two birth dates agree.

    `same`: equal to the day. `same-known`: equal as far as both are known. `swapped`: day and month
    exchanged. `one-part`: one of day, month and year differs. `different`: anything else.
    A first of January is what is written when only the year is known, so it agrees with its year.
    """
    if one == other and len(one) == 10 and not one.endswith("-01-01"):
        return "same"
    known = min(len(_known(one)), len(_known(other)))
    if one[:known] == other[:known]:
        return "same-known"
    if len(one) == len(other) == 10:
        year, month, day = one.split("-")
        if other == f"{year}-{day}-{month}":
            return "swapped"
        differing = sum(a != b for a, b in zip((year, month, day), other.split("-"), strict=True))
        if differing == 1:
            return "one-part"
    return "different"


def _known(birth: str) -> str:
    return birth[:4] if birth.endswith("-01-01") else birth
