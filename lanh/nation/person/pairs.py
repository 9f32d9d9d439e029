"""A data steward's decisions on doubtful pairs, within the steward's reach; no record moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lanh.core import accounts, audit, matching
from lanh.core.access import Access, system_access
from lanh.core.database import Plan
from lanh.core.matching import Answer, Decided, Review, Verdict
from lanh.core.store import Arguments, Context, readable
from lanh.nation.person.identifiers import MESSAGES
from lanh.nation.person.linking import PersonLinking, new_person_id
from lanh.nation.person.steward import LinkRefused

_ACTIONS: dict[Answer, str] = {"same": "link", "different": "keep-apart", "later": "postpone"}


class PairOvertaken(LinkRefused):
    """The pair has changed since it was shown; `last` is the decision in force, if there is one."""

    def __init__(self, last: Verdict | None) -> None:
        key = "person.pair.changed" if last is None else "person.pair.decided"
        super().__init__(MESSAGES.message(key))
        self.last = last


@dataclass(frozen=True, slots=True)
class _Reach:
    """The Patients that an access may read, as the condition that the matching engine asks for."""

    access: Access

    def __call__(self, key: str, bucket: str, arguments: Arguments) -> str:
        return readable(self.access, "Patient", key, bucket, arguments)


@dataclass(frozen=True, slots=True)
class PairStewardship:
    """Doubtful pairs of which every source Patient on both sides lies within an access.

    A pair that reaches beyond it is another steward's: one whose place holds both sides.
    """

    linking: PersonLinking

    def waiting(
        self, access: Access, after: int, limit: int, *, later: bool, backwards: bool = False
    ) -> Plan[list[Review]]:
        """Pairs that wait, or those put aside, oldest first; `backwards` the other way."""
        state: matching.ReviewState = "later" if later else "open"
        plan = matching.open_reviews(
            after, limit, _Reach(access), state=state, newest_first=backwards
        )
        return (yield from plan)

    def count(self, access: Access, most: int, *, later: bool) -> Plan[int]:
        """How many wait, or are put aside, counted no further than `most`."""
        state: matching.ReviewState = "later" if later else "open"
        return (yield from matching.count_reviews(state, most, _Reach(access)))

    def pair(self, review: int, access: Access) -> Plan[Review | None]:
        """One pair in any state; None where there is none in reach."""
        return (yield from matching.review_by_id(review, _Reach(access)))

    def decided(
        self, access: Access, before: int, limit: int, *, own: bool = False
    ) -> Plan[list[tuple[Verdict, Review]]]:
        """Decisions that stand, newest first; only those of the subject where `own`."""
        by = access.subject.id if own else None
        return (yield from matching.recent_verdicts(before, limit, by, _Reach(access)))

    def decide(
        self, review: int, revision: int, answer: Answer, reason: str, access: Access
    ) -> Plan[bool]:
        """Decide on a pair as it stood at `revision`; False where there is none in reach.

        Raises PairOvertaken.
        """
        plan = matching.decide_review(
            review,
            revision,
            answer,
            access.subject.id,
            reason,
            new_person_id,
            keep=_with_account,
            readable=_Reach(access),
        )
        return (yield from self._kept(plan, _ACTIONS[answer], review, access))

    def undo(self, verdict: int, reason: str, access: Access) -> Plan[bool]:
        """Take a decision back; False where there is none in reach. Raises PairOvertaken."""
        plan = matching.undo_verdict(verdict, access.subject.id, reason, readable=_Reach(access))
        return (yield from self._kept(plan, "undo", verdict, access))

    def _kept(
        self, plan: Plan[Decided | None], action: str, number: int, access: Access
    ) -> Plan[bool]:
        """Run a decision and carry it out; False where there was nothing in reach to decide."""
        try:
            decided = yield from plan
        except matching.Overtaken as error:
            raise PairOvertaken(error.last) from error
        if decided is None:
            return False
        yield from self._carry_out(decided, action, number, access)
        return True

    def _carry_out(self, decided: Decided, action: str, number: int, access: Access) -> Plan[None]:
        moved = [("Patient", change.record_id) for change in decided.changes]
        platform = Context(system_access("person-linking"))
        stored = yield from self.linking.store().read_many(moved, platform)
        patients = {entry.id: entry.resource() for entry in stored if not entry.deleted}
        yield from self.linking.keep_persons(decided.changes, patients, Context(access))
        yield from audit.append(
            [
                audit.Entry.of(
                    access, action, patient=record, type="Person", detail=f"pair={number}"
                )
                for record in decided.records
            ]
        )


def _with_account(persons: Sequence[str]) -> Plan[str | None]:
    """The one of two Persons that a citizen signs in for: it has to stay. Raises LinkRefused."""
    held = yield from accounts.persons_with_account(persons)
    if len(held) > 1:
        held = {person: True for person, active in held.items() if active}
        if len(held) != 1:
            raise LinkRefused(MESSAGES.message("person.pair.accounts"))
    return next(iter(held), None)
