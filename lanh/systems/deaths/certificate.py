"""What is doubtful in a certificate of cause of death: dated rules over ICD-10 codes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

_MINUTES = {"min": 1, "h": 60, "d": 1440, "mo": 43_830, "a": 525_960}


@dataclass(frozen=True, slots=True)
class CodeRule:
    """A rule of `icd_rules.yaml`: its kind and codes, in force from a day until before another."""

    kind: str
    codes: tuple[str, ...]
    cause: tuple[str, ...]
    save: tuple[str, ...]
    since: date
    until: date | None
    days: int | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the rule is in force for a death on a day."""
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubt about one code: the line it stands on (None: the underlying cause)."""

    kind: str
    code: str
    line: int | None = None
    other: str = ""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What rules look at: the lines of part I from a on, with intervals in minutes."""

    lines: tuple[str, ...]
    intervals: tuple[int | None, ...]
    underlying: str
    died_on: date
    born_on: date | None
    sex: str
    pregnancy: str | None = None


def read_rules(text: str) -> tuple[CodeRule, ...]:
    """The rules of a YAML text. Raises KeyError where one is not whole."""
    return tuple(
        CodeRule(
            row["rule"],
            tuple(row["effect"] if row["rule"] == "sequence" else row["codes"]),
            tuple(row.get("cause", ())),
            tuple(row.get("save", ())),
            row["from"],
            row.get("until"),
            row.get("days"),
        )
        for row in yaml.safe_load(text)
    )


RULES = read_rules(Path(__file__).with_name("icd_rules.yaml").read_text(encoding="utf-8"))


def within(code: str, ranges: Sequence[str]) -> bool:
    """Whether a code lies in one of some ranges: I46.9 in I46, J96.0 in J95-J97."""
    for each in ranges:
        low, _, high = each.partition("-")
        if low <= code[: len(low)] <= (high or low)[: len(low)]:
            return True
    return False


def minutes(interval: Any) -> int | None:
    """The length of an interval (a Quantity in UCUM), in minutes; None where none is given."""
    if not isinstance(interval, dict) or "value" not in interval:
        return None
    unit = _MINUTES.get(str(interval.get("code")))
    return None if unit is None else int(interval["value"] * unit)


def doubts(given: Certificate, rules: Sequence[CodeRule] = RULES) -> list[Doubt]:
    """All that is doubtful, by the rules in force on the day of death."""
    in_force = [rule for rule in rules if rule.holds_on(given.died_on)]
    found: list[Doubt] = []
    for rule in in_force:
        found += _of_rule(rule, given)
    return [*found, *_order(given)]


def _of_rule(rule: CodeRule, given: Certificate) -> Iterator[Doubt]:
    codes = [*enumerate(given.lines), (None, given.underlying)]
    match rule.kind:
        case "ill-defined" | "nature-of-injury" | "not-underlying":
            if within(given.underlying, rule.codes):
                yield Doubt(rule.kind, given.underlying)
        case "mode-of-dying":
            if all(within(code, rule.codes) for code in given.lines):
                yield Doubt(rule.kind, given.lines[0], 0)
        case "sequence":
            yield from _sequences(rule, given)
        case _:
            for line, code in codes:
                if within(code, rule.codes) and _unfit(rule, given):
                    yield Doubt(rule.kind, code, line)


def _unfit(rule: CodeRule, given: Certificate) -> bool:
    age = None if given.born_on is None else (given.died_on - given.born_on).days
    match rule.kind:
        case "female-only":
            return given.sex == "male"
        case "male-only":
            return given.sex == "female"
        case "pregnancy-only":
            return given.pregnancy == "not-pregnant"
        case "newborn-only" | "infant-only":
            return age is not None and rule.days is not None and age > rule.days
    return False


def _sequences(rule: CodeRule, given: Certificate) -> Iterator[Doubt]:
    for line, (effect, cause) in enumerate(zip(given.lines, given.lines[1:], strict=False)):
        improbable = within(cause, rule.cause) and not within(cause, rule.save)
        if within(effect, rule.codes) and improbable:
            yield Doubt("sequence", effect, line, cause)


def _order(given: Certificate) -> Iterator[Doubt]:
    """What follows from the order of the lines: a cause begins before its effect, the underlying
    cause is the last line's."""
    pairs = zip(given.intervals, given.intervals[1:], strict=False)
    for line, (effect, cause) in enumerate(pairs):
        if effect is not None and cause is not None and effect > cause:
            yield Doubt("interval", given.lines[line], line, given.lines[line + 1])
    if given.lines and given.underlying not in given.lines:
        yield Doubt("underlying-elsewhere", given.underlying)
