"""The port Pairs: a steward's doubtful pairs, both sides read under the steward's access."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lanh.core import accounts, matching
from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.matching import Review, Verdict
from lanh.core.store import Context, Store, Stored
from lanh.core.text import Message
from lanh.core.web.services import (
    Answer,
    DecisionRefused,
    Pair,
    PairsPage,
    PairVerdict,
    Side,
    Weighed,
)
from lanh.nation import naming, person
from lanh.nation.facility import FacilityNames
from lanh.nation.person import PairStewardship
from lanh.site.pages.people import PagePeople

_MOST = 99  # counting stops here: a steward needs no exact number of a long list


@dataclass(frozen=True, slots=True)
class PagePairs:
    """Doubtful pairs for the pages."""

    store: Store
    facilities: FacilityNames
    stewardship: PairStewardship
    people: PagePeople

    def waiting(
        self, access: Access, limit: int, cursor: str | None, *, later: bool = False
    ) -> Plan[PairsPage]:
        """Pairs that wait (or were put aside), oldest first."""
        after = _number(cursor)
        found = yield from self.stewardship.waiting(access, after, limit + 1, later=later)
        shown = found[:limit]
        pairs = yield from self._pairs(shown, access)
        following = str(shown[-1].id) if len(found) > limit else None
        return (yield from self._page(pairs, access, following))

    def counts(self, access: Access) -> Plan[PairsPage]:
        """How many wait and were put aside; no pairs."""
        return (yield from self._page((), access, None))

    def decided(self, access: Access, limit: int, cursor: str | None) -> Plan[PairsPage]:
        """Pairs that were decided, the latest decision first."""
        found = yield from self.stewardship.decided(access, _number(cursor), limit + 1)
        shown = found[:limit]
        pairs = yield from self._pairs([review for _, review in shown], access)
        names = yield from _names([verdict for verdict, _ in shown])
        by_id = {pair.id: pair for pair in pairs}
        decided = [
            replace(by_id[review.id], verdicts=(_verdict(verdict, names, access),))
            for verdict, review in shown
            if review.id in by_id
        ]
        following = str(shown[-1][0].id) if len(found) > limit else None
        return (yield from self._page(decided, access, following))

    def pair(self, id: int, access: Access) -> Plan[Pair | None]:
        """One pair, whatever its state, with every decision on it; None where out of reach."""
        review = yield from self.stewardship.pair(id, access)
        pairs = yield from self._pairs([review] if review else [], access)
        if not pairs:
            return None
        verdicts = yield from matching.verdicts_of(id)
        names = yield from _names(verdicts)
        return replace(pairs[0], verdicts=[_verdict(each, names, access) for each in verdicts])

    def beside(self, id: int, access: Access) -> Plan[tuple[int | None, int | None]]:
        """The pairs that wait before and after this one; the first follows the last."""
        before = yield from self.stewardship.waiting(access, id, 1, later=False, backwards=True)
        after = yield from self.stewardship.waiting(access, id, 1, later=False)
        if not after:
            first = yield from self.stewardship.waiting(access, 0, 1, later=False)
            after = [review for review in first if review.id != id]
        return before[0].id if before else None, after[0].id if after else None

    def last_own(self, access: Access) -> Plan[tuple[int, PairVerdict] | None]:
        """The subject's latest decision that stands, with the id of its pair."""
        found = yield from self.stewardship.decided(access, 0, 1, own=True)
        if not found:
            return None
        verdict, review = found[0]
        names = yield from _names([verdict])
        return review.id, _verdict(verdict, names, access)

    def decide(
        self, id: int, revision: int, answer: Answer, reason: str, access: Access
    ) -> Plan[bool]:
        """Decide on what was shown; audited. False where out of reach. Raises DecisionRefused."""
        try:
            return (yield from self.stewardship.decide(id, revision, answer, reason, access))
        except person.LinkRefused as error:
            raise _refused(error) from error

    def undo(self, verdict: int, reason: str, access: Access) -> Plan[bool]:
        """Take a decision back; audited. False where out of reach. Raises DecisionRefused."""
        try:
            return (yield from self.stewardship.undo(verdict, reason, access))
        except person.LinkRefused as error:
            raise _refused(error) from error

    def _page(
        self, pairs: Sequence[Pair], access: Access, following: str | None
    ) -> Plan[PairsPage]:
        waiting = yield from self.stewardship.count(access, _MOST + 1, later=False)
        later = yield from self.stewardship.count(access, _MOST + 1, later=True)
        return PairsPage(pairs, waiting, later, _MOST, following)

    def _pairs(self, reviews: Sequence[Review], access: Access) -> Plan[list[Pair]]:
        """Reviews with their records; one of which a record is gone meanwhile is left out."""
        persons = {each for review in reviews for each in (review.own_person, review.person_id)}
        together = yield from matching.records_of(sorted(persons))
        wanted = sorted({record for records in together.values() for record in records})
        stored = yield from self.store.read_many(
            [("Patient", record) for record in wanted], Context(access)
        )
        patients = {entry.id: entry for entry in stored if not entry.deleted}
        names = yield from self.facilities.of(entry.custodian for entry in patients.values())
        return [
            self._pair(review, together, patients, names)
            for review in reviews
            if review.record_id in patients and review.other_id in patients
        ]

    def _pair(
        self,
        review: Review,
        together: Mapping[str, Sequence[str]],
        patients: Mapping[str, Stored],
        names: Mapping[str, str],
    ) -> Pair:
        def side(record: str, person_id: str) -> Side:
            shown = (review.record_id, review.other_id)
            others = [patients[x] for x in together[person_id] if x in patients and x not in shown]
            return self._side(patients[record], person_id, others, names)

        return Pair(
            id=review.id,
            revision=review.revision,
            waiting=review.state in ("open", "later"),
            linked=review.own_person == review.person_id,
            one=side(review.record_id, review.own_person),
            other=side(review.other_id, review.person_id),
            rule_name=person.MESSAGES[f"person.rule.{review.rule}"],
            score=review.score,
            evidence=[Weighed(part.feature, part.finding, part.weight) for part in review.evidence],
            opened_at=review.opened_at,
        )

    def _side(
        self, entry: Stored, person_id: str, others: Sequence[Stored], names: Mapping[str, str]
    ) -> Side:
        patient = entry.resource()
        fields = self.people.fields(patient)
        facility = entry.custodian or ""
        return Side(
            patient=entry.id,
            person=person_id,
            facility_name=names.get(facility, facility),
            fields=fields,
            others=[names.get(each.custodian or "", each.custodian or "") for each in others],
            warnings=number_warnings(
                naming.PERSONAL_NUMBER, fields["personal-number"], fields["sex"], fields["birth"]
            ),
            receipt=naming.receipt_of(entry.source),
        )


def number_warnings(system: str, value: str, sex: str, birth: str) -> list[Message]:
    """Where an identifier disagrees with the sex and birth date that stand beside it."""
    number = person.PersonalNumber.parse(value) if system == naming.PERSONAL_NUMBER else None
    return number.warnings(sex, birth) if number else []


def _number(cursor: str | None) -> int:
    digits = cursor is not None and cursor.isascii() and cursor.isdigit() and len(cursor) < 19
    return int(cursor) if cursor and digits else 0


def _names(verdicts: Sequence[Verdict]) -> Plan[dict[str, str]]:
    """What those are called who decided and took back."""
    names: dict[str, str] = {}
    for subject in {each for v in verdicts for each in (v.decided_by, v.undone_by) if each}:
        account = yield from accounts.account_by_id(subject)
        names[subject] = account.display_name if account else subject
    return names


def _verdict(verdict: Verdict, names: Mapping[str, str], access: Access) -> PairVerdict:
    return PairVerdict(
        id=verdict.id,
        answer=verdict.answer,
        reason=verdict.reason,
        at=verdict.decided_at,
        by=names.get(verdict.decided_by, ""),
        own=verdict.decided_by == access.subject.id,
        undone_at=verdict.undone_at,
        undone_by=names.get(verdict.undone_by or "", ""),
        undone_reason=verdict.undone_reason or "",
    )


def _refused(error: person.LinkRefused) -> DecisionRefused:
    overtaken = isinstance(error, person.PairOvertaken)
    return DecisionRefused(error.message, overtaken=overtaken)
