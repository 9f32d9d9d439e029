"""The port Accounts: signing in, and what an account may do today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lanh.core import accounts, matching
from lanh.core.access import Access, Purpose, Subject
from lanh.core.database import Plan
from lanh.core.web import services
from lanh.core.web.services import Refused, SignedIn
from lanh.nation.facility import FacilityNames
from lanh.nation.local_time import VIETNAM
from lanh.nation.place import COUNTRY, Places
from lanh.nation.roles import ROLES, Capability
from lanh.site.roles import installed_roles


@dataclass(frozen=True, slots=True)
class PageAccounts:
    """Accounts for the pages: the first post that is held today is the one acted under."""

    places: Places
    facilities: FacilityNames

    def authenticate(self, username: str, password: str, at: datetime) -> Plan[SignedIn | Refused]:
        """Check a password, count failures, lock out. Never says whether the user exists."""
        outcome = yield from accounts.authenticate(username, password)
        if outcome.account is None:
            message = outcome.message
            assert message is not None
            until = at + timedelta(seconds=outcome.wait_seconds) if outcome.wait_seconds else None
            return Refused(message, until)
        signed_in = yield from self._signed_in(outcome.account, at)
        if signed_in is None:
            return Refused(accounts.MESSAGES.message("refused-inactive"))
        return signed_in

    def signed_in(self, account: str, at: datetime) -> Plan[SignedIn | None]:
        """The account as it stands now; None where it ended or has no post any more."""
        found = yield from accounts.account_by_id(account)
        if found is None or not found.active:
            return None
        return (yield from self._signed_in(found, at))

    def access_for(self, account: SignedIn, purpose: Purpose, at: datetime) -> Plan[Access]:
        """What the account may do for this purpose today."""
        found = yield from accounts.account_by_id(account.id)
        if found is None:
            return Access(_nobody(account), purpose)
        own: Sequence[str] = ()
        if found.person:
            own = (yield from matching.records_of([found.person]))[found.person]
        day = at.astimezone(VIETNAM).date()
        return accounts.access_for(found, day, purpose, self.places, installed_roles(), own)

    def _signed_in(self, account: accounts.Account, at: datetime) -> Plan[SignedIn | None]:
        day = at.astimezone(VIETNAM).date()
        post = account.post_on(day)
        if post is None or post.role not in ROLES:
            return None
        role = ROLES[post.role]
        names = yield from self.facilities.of([post.facility])
        area = post.area or post.commune
        unit = None
        if area and area != COUNTRY:
            level = self.places.province if len(area) == 2 else self.places.commune
            unit = level(area, day)
        capabilities = set(role.capabilities)
        if Capability.ALL_MESSAGES in capabilities:
            capabilities.add(services.SEE_RECEIPTS)
        return SignedIn(
            id=account.id,
            display_name=account.display_name,
            language=account.language,
            role=role.code,
            role_name=role.name,
            purposes=tuple(role.purposes),
            capabilities=frozenset(capabilities),
            facility=post.facility,
            facility_name=names.get(post.facility or ""),
            place=area,
            place_name=unit.name if unit else None,
            person=account.person,
        )


def _nobody(account: SignedIn) -> Subject:
    return Subject("person", account.id, account.display_name)
