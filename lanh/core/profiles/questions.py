"""What a judgement asks of the world outside: noted while it runs, answered between two runs.

A judgement is no plan and cannot ask the database. It runs with what is known, what it could not
find out is asked by a plan, and it runs again, until nothing new is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, TypeAlias

from lanh.core import audit, fhir
from lanh.core.database import Plan
from lanh.core.fhir import PathEnvironment
from lanh.core.store import Context, Store, layout, may
from lanh.core.terminology import Terminology, TerminologyError

Json: TypeAlias = dict[str, Any]
Question: TypeAlias = tuple[Literal["member", "subsumes", "resolve"], str, str | None, str]
MOST = 2_000  # questions about one resource
_NO_EVENT = frozenset({"birthdate"})


@dataclass
class Questions:
    """The ports of one judgement, filled with what has been answered; None is "not known"."""

    answers: dict[Question, Any] = field(default_factory=dict)
    asked: dict[Question, None] = field(default_factory=dict)

    @property
    def outside(self) -> PathEnvironment:
        """The ports."""
        return PathEnvironment(resolve=self.resolve, terminology=self)

    def member_of(self, value_set: str, system: str | None, code: str) -> bool | None:
        """Whether a code is in a value set."""
        answer: bool | None = self._answer(("member", value_set, system, code))
        return answer

    def subsumes(self, system: str, ancestor: str, descendant: str) -> bool | None:
        """Whether one code subsumes another."""
        answer: bool | None = self._answer(("subsumes", system, ancestor, descendant))
        return answer

    def resolve(self, text: str) -> Json | None:
        """The stored resource that a reference leads to."""
        if fhir.parse_reference(text) is None:
            return None
        answer: Json | None = self._answer(("resolve", text, None, ""))
        return answer

    def _answer(self, question: Question) -> Any:
        if question not in self.answers and len(self.answers) + len(self.asked) < MOST:
            self.asked[question] = None
        return self.answers.get(question)

    def find_answers(
        self, terminology: Terminology, store: Store, context: Context, on: date | None
    ) -> Plan[None]:
        """Answer what was asked: codes as of a day (None: today), references as far as the
        writer may read what they lead to."""
        asked, self.asked = list(self.asked), {}
        texts = [name for kind, name, _, _ in asked if kind == "resolve"]
        if texts:
            found = yield from _followed(texts, store, context)
            self.answers |= {("resolve", text, None, ""): found.get(text) for text in texts}
        for kind, name, system, code in asked:
            if kind == "resolve":
                continue
            try:
                if kind == "member":
                    answer = yield from terminology.known_member(name, system, code, on)
                else:
                    answer = yield from terminology.subsumes(name, system or "", code, on)
            except TerminologyError:
                answer = None
            self.answers[kind, name, system, code] = answer


def _followed(texts: list[str], store: Store, context: Context) -> Plan[dict[str, Json]]:
    """The resources that references lead to; what the writer may not read is not there."""
    keys = {text: key for text in texts if (key := fhir.parse_reference(text)) is not None}
    readable = {key for key in keys.values() if may(context.access, "read", key[0])}
    if not readable:
        return {}
    rows = yield from store.read_many(sorted(readable), context)
    found = {(row.type, row.id): row for row in rows if not row.deleted}
    # Whoever writes a rule can learn by its verdict what the rule looked at.
    yield from audit.append(
        [
            audit.Entry.of(
                context.access, "read", patient=row.patient, type=row.type, id=row.id,
                detail="resolve()",
            )
            for row in found.values()
        ]
    )  # fmt: skip
    return {text: found[key].resource() for text, key in keys.items() if key in found}


def day_of(resource: Json) -> date | None:
    """The day on which what a resource tells of happened; None where it tells of none."""
    kind = resource.get("resourceType")
    if kind not in fhir.RESOURCE_TYPES:
        return None
    dates = fhir.extract(resource).dates
    for low in _beginnings(layout(kind).main_dates, dates):
        if low != fhir.EARLIEST:
            day: date = low.astimezone(fhir.LOCAL_ZONE).date()
            return day
    return None


def _beginnings(names: tuple[str, ...], dates: dict[str, Any]) -> Iterator[Any]:
    for name in names:
        if name not in _NO_EVENT and dates.get(name):
            yield min(low for low, _ in dates[name])
