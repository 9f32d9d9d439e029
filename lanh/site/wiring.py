"""Where the engines are put together: each port gets what fills it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import lanh.systems
from lanh.connectors.claims_xml import ClaimsConnector
from lanh.connectors.fhir import FhirConnector
from lanh.connectors.hl7v2 import Hl7v2Connector
from lanh.connectors.hl7v2.astm import AstmConnector
from lanh.core import accounts, bus, matching
from lanh.core.access import Access
from lanh.core.api import PersonAccess
from lanh.core.database import Plan, SyncDatabase
from lanh.core.jobs import AccessOf, Destinations, Principal
from lanh.core.profiles import Conformance
from lanh.core.store import Store
from lanh.core.subscriptions import Registry
from lanh.core.terminology import SearchTerminology, Terminology
from lanh.core.warehouse import Definitions, Warehouse
from lanh.kit import counting, installed
from lanh.nation import naming, person
from lanh.nation.indicators import national_definitions
from lanh.nation.local_time import VIETNAM
from lanh.nation.place import Places, read_places
from lanh.nation.sensitivity import sensitivity
from lanh.site.instance import Instance
from lanh.site.roles import installed_roles
from lanh.site.settings import Settings
from lanh.site.trusting import unit_signature

_NO_PROVINCE = ("99", "00")


@dataclass(frozen=True, slots=True)
class Records:
    """The store with its hooks: what links Persons in it, its terminology, its profiles, its
    subscriptions."""

    store: Store
    linking: person.PersonLinking
    terminology: Terminology
    conformance: Conformance
    subscriptions: Registry


def open_records(destinations: Destinations | None = None) -> Records:
    """The store as every process of an installation uses it.

    `destinations` are where a Subscription may send; by default public https addresses.
    """
    made: list[Store] = []
    linking = person.PersonLinking(lambda: made[0])
    codes = Terminology()
    registry = Registry(lambda: made[0], destinations or Destinations())
    conformance = Conformance(codes, lambda: made[0])
    hooks = (linking.hook, codes.hook, conformance.hook, registry.hook)
    made.append(
        Store(
            hooks=hooks,
            residence=person.residence,
            terminology=SearchTerminology(codes),
            admission=conformance.admit,
            withheld=registry.withheld,
        )
    )
    return Records(made[0], linking, codes, conformance, registry)


def tags(subject: Access) -> tuple[tuple[str, str], ...]:
    """How what a subject writes is marked: facilities of the provinces 99 and 00 are made up."""
    made_up = subject.facility is not None and subject.facility[:2] in _NO_PROVINCE
    return (naming.DEMONSTRATION_TAG,) if made_up else ()


def open_intake(store: Store, settings: Settings | None = None) -> bus.Intake:
    """The bus with every connector that is installed.

    Raises SettingsFault where `settings` ask for signatures that cannot be judged.
    """
    signatures = unit_signature(settings) if settings is not None else None
    ports = bus.Ports(
        store=store,
        source=naming.RECEIPT_SOURCE,
        unresolved_extension=naming.UNRESOLVED_EXTENSION,
        sensitivity=sensitivity,
        tags=tags,
    )
    claims = ClaimsConnector(signatures)
    return bus.Intake(ports, (FhirConnector(), claims, Hl7v2Connector(), AstmConnector()))


def places_of(database: SyncDatabase) -> Places:
    """The dated places as the database holds them; read once a process."""
    return database.read(read_places())


def definitions(places: Places) -> Definitions:
    """The views and indicators of the installation: the nation's, then those of its systems."""
    return counting(national_definitions(places), installed(lanh.systems))


def open_warehouse(instance: Instance, places: Places) -> Warehouse:
    """The lake of this installation, for readers, who are told counts as small as it sets."""
    least = instance.settings.least_count
    return Warehouse(instance.lake, replace(definitions(places), least=least))


def person_access(
    places: Places, clock: Callable[[], datetime] = lambda: datetime.now(VIETNAM)
) -> PersonAccess:
    """What a person's own program may do with that person's token: as on the pages."""

    def access(account: accounts.Account) -> Plan[Access]:
        own = yield from _own_records(account)
        return accounts.access_for(account, clock().date(), None, places, installed_roles(), own)

    return access


def _own_records(account: accounts.Account) -> Plan[list[str]]:
    """The source Patients of the person whom an account belongs to."""
    if not account.person:
        return []
    found = yield from matching.records_of([account.person])
    return found[account.person]


def access_of(
    places: Places, clock: Callable[[], datetime] = lambda: datetime.now(VIETNAM)
) -> AccessOf:
    """What the subject of later work may do today, within the scopes or posts it had."""

    def access(principal: Principal) -> Plan[Access | None]:
        if principal.kind == "system":
            client = yield from accounts.client_by_id(principal.id)
            if client is None or not client.active:
                return None
            return accounts.client_access(client, principal.roles)
        account = yield from accounts.account_by_id(principal.id)
        if account is None or not account.active:
            return None
        own = yield from _own_records(account)
        today = clock().date()
        return accounts.access_for(
            account, today, principal.purpose, places, installed_roles(), own
        )

    return access
