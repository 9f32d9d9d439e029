"""A MeasureReport against its Measure: groups, populations, stratifiers and scores (R4 13.14)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TypeAlias

from lanh.core.fhir.validation.conformance.rows import Json, rows
from lanh.core.fhir.validation.faults import Fault, Faults, shown
from lanh.core.fhir.validation.options import Options
from lanh.core.fhir.validation.profiles import Profiles

Place: TypeAlias = "tuple[str | int, ...]"
_SCORED = frozenset({"proportion", "ratio", "continuous-variable"})
_OBSERVED = "measure-observation"


def report_faults(resource: Json, registry: Profiles, options: Options) -> Faults:
    """The faults of a report by its measure, where that is at hand.

    Each group, population and stratifier of the measure is reported once, told by its code; a
    single group may go without. A cohort has no score, other scorings have one.
    """
    url = resource.get("measure")
    measure = registry.resource("Measure", url) if type(url) is str else None
    if measure is None or resource.get("type") == "data-collection":
        return []
    return [fault.at(*reversed(place)) for place, fault in _groups(resource, measure)]


def _groups(report: Json, measure: Json) -> Iterator[tuple[Place, Fault]]:
    asked = [row for _, row in rows(measure, "group")]
    given = list(rows(report, "group"))
    if not asked:
        return
    alone = len(asked) == 1 and len(given) == 1
    if alone:
        index, group = given[0]
        told, wanted = group.get("code"), asked[0].get("code")
        if told is not None and wanted is not None and not _same(told, wanted):
            yield ("group", index, "code"), _unknown("group", told)
        yield from _group(report, measure, asked[0], group, ("group", index))
        return
    pairs: list[tuple[int, Json, Json]] = []
    yield from _paired("group", asked, given, (), report, pairs)
    for index, wanted, group in pairs:
        yield from _group(report, measure, wanted, group, ("group", index))


def _paired(
    name: str,
    asked: list[Json],
    given: list[tuple[int, Json]],
    here: Place,
    report: Json,
    pairs: list[tuple[int, Json, Json]],
) -> Iterator[tuple[Place, Fault]]:
    """Pairs rows of a report with those of the measure by their codes; tells what has no match,
    what stands twice and, in a complete report, what is missing."""
    left = list(asked)
    for index, row in given:
        match = next((each for each in asked if _matches(row.get("code"), each.get("code"))), None)
        if match is None:
            yield (*here, name, index), _unknown(name, row.get("code"))
        elif not any(each is match for each in left):
            yield (*here, name, index), Fault("duplicate", "report-twice", field=name)
        else:
            left = [each for each in left if each is not match]
            pairs.append((index, match, row))
    for row in left if report.get("status") == "complete" else ():
        if not any(coding.get("code") == _OBSERVED for coding in _codings(row.get("code"))):
            yield here, Fault("required", "report-missing", field=name, code=_told(row.get("code")))


def _group(
    report: Json, measure: Json, asked: Json, group: Json, here: Place
) -> Iterator[tuple[Place, Fault]]:
    pairs: list[tuple[int, Json, Json]] = []
    for name in ("population", "stratifier"):
        pairs.clear()
        wanted = [row for _, row in rows(asked, name)]
        yield from _paired(name, wanted, list(rows(group, name)), here, report, pairs)
        for index, _, row in pairs if report.get("type") != "subject-list" else ():
            if name == "population" and "subjectResults" in row:
                place = (*here, name, index, "subjectResults")
                yield place, Fault("business-rule", "report-subjects")
    yield from _score(report, measure, group, here)


def _score(report: Json, measure: Json, group: Json, here: Place) -> Iterator[tuple[Place, Fault]]:
    codes = {coding.get("code") for coding in _codings(measure.get("scoring"))}
    score = group.get("measureScore")
    place = (*here, "measureScore")
    if "cohort" in codes:
        if score is not None:
            yield place, Fault("business-rule", "report-score-cohort")
        return
    if not codes & _SCORED:
        return
    if score is None:
        if report.get("status") == "complete":
            yield here, Fault("required", "report-score")
        return
    value = score.get("value") if type(score) is dict else None
    if "proportion" in codes and type(score) is dict:
        if any(name in score for name in ("unit", "code", "system")):
            yield place, Fault("business-rule", "report-score-unit")
        if isinstance(value, int | Decimal) and not 0 <= value <= 1:
            yield (*place, "value"), Fault("value", "report-proportion")


def _unknown(name: str, code: Any) -> Fault:
    if code is None or code == []:
        return Fault("required", "report-no-code", field=name)
    return Fault("code-invalid", "report-unknown", field=name, code=_told(code))


def _codings(concept: Any) -> list[Json]:
    return [row for _, row in rows(concept, "coding")]


def _matches(given: Any, wanted: Any) -> bool:
    """Whether any concept of a report (R4 has several for a stratifier) is that of the measure."""
    concepts = given if type(given) is list else [given]
    return any(_same(concept, wanted) for concept in concepts)


def _same(one: Any, other: Any) -> bool:
    """Whether two concepts have a coding in common or, both without any, the same text."""
    left, right = _codings(one), _codings(other)
    pairs = {(c.get("system"), c.get("code")) for c in right}
    if left or right:
        return any((c.get("system"), c.get("code")) in pairs for c in left)
    if type(one) is not dict or type(other) is not dict:
        return False
    return "text" in one and one["text"] == other.get("text")


def _told(code: Any) -> str:
    concepts = code if type(code) is list else [code]
    texts = [str(c.get("code")) for concept in concepts for c in _codings(concept)]
    texts += [str(c["text"]) for c in concepts if type(c) is dict and "text" in c]
    return shown(", ".join(texts) or "—")
