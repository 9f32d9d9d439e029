"""The port AuditTrail: openings written before a page is sent, and a person's own access log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from lanh.core import accounts, audit
from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.store import Context, Store
from lanh.core.web.services import Opened, Opening
from lanh.nation.facility import FacilityNames
from lanh.nation.local_time import VIETNAM
from lanh.nation.roles import ROLES

_MOST = 500  # entries a source Patient; the log pages within these


@dataclass(frozen=True, slots=True)
class PageAuditTrail:
    """The access log of the pages."""

    store: Store
    facilities: FacilityNames

    def append(self, openings: Sequence[Opening]) -> Plan[None]:
        """Write entries into the current transaction: one for each source Patient concerned."""
        entries = [entry for opening in openings for entry in _entries(opening)]
        yield from audit.append(entries)

    def of_person(
        self, person: str, patients: Sequence[str], access: Access, limit: int, cursor: str | None
    ) -> Plan[tuple[Sequence[Opened], str | None]]:
        """Who opened this person's records, newest first, with the next cursor.

        Only of source Patients that the access may see. One opening that touched several of them
        is one line.
        """
        stored = yield from self.store.read_many(
            [("Patient", patient) for patient in patients], Context(access)
        )
        seen: list[audit.Recorded] = []
        for entry in stored:
            seen += yield from audit.of_patient(entry.id, _MOST)
        seen = [entry for entry in seen if entry.subject.startswith("person:")]
        seen.sort(key=lambda entry: entry.at, reverse=True)
        lines = seen[:1] + [b for a, b in pairwise(seen) if not _same_opening(a, b)]
        start = int(cursor) if cursor and cursor.isdigit() else 0
        page = lines[start : start + limit]
        opened = yield from self._described(page)
        following = str(start + limit) if len(lines) > start + limit else None
        return opened, following

    def _described(self, lines: Sequence[audit.Recorded]) -> Plan[list[Opened]]:
        who: dict[str, accounts.Account | None] = {}
        for subject in {line.subject for line in lines}:
            who[subject] = yield from accounts.account_by_id(subject.removeprefix("person:"))
        posts = [_post(who[line.subject], line.at) for line in lines]
        names = yield from self.facilities.of(post.facility for post in posts if post)
        return [
            _opened(line, who[line.subject], post, names)
            for line, post in zip(lines, posts, strict=True)
        ]


def _opened(
    line: audit.Recorded,
    account: accounts.Account | None,
    post: accounts.Post | None,
    names: Mapping[str, str],
) -> Opened:
    return Opened(
        at=line.at,
        who=account.display_name if account else line.subject,
        role_name=ROLES[post.role].name if post and post.role in ROLES else None,
        facility_name=names.get(post.facility or "", "") if post else "",
        purpose=line.purpose,
        action=line.action,
    )


def _same_opening(one: audit.Recorded, other: audit.Recorded) -> bool:
    same = (one.subject, one.action, one.purpose) == (other.subject, other.action, other.purpose)
    return same and abs((one.at - other.at).total_seconds()) < 1


def _post(account: accounts.Account | None, at: datetime) -> accounts.Post | None:
    return account.post_on(at.astimezone(VIETNAM).date()) if account else None


def _entries(opening: Opening) -> list[audit.Entry]:
    outcome = "ok" if opening.outcome == "success" else "refused"
    detail = " ".join(f"{key}={value}" for key, value in sorted(opening.detail.items()))
    patients: Sequence[str | None] = list(opening.patients) or [None]
    kind = "Person" if opening.person else None
    subject, purpose, on_behalf_of = f"person:{opening.subject}", "", None
    if opening.access is not None:
        acting = audit.Entry.of(opening.access, opening.action)
        subject, purpose, on_behalf_of = acting.subject, acting.purpose, acting.on_behalf_of
    return [
        audit.Entry(
            action=opening.action,
            subject=subject,
            purpose=purpose,
            patient=patient,
            type=kind,
            id=opening.person,
            detail=detail,
            outcome=outcome,
            on_behalf_of=on_behalf_of,
        )
        for patient in patients
    ]
