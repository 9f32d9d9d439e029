"""What the pages are served with: each of their ports and what fills it."""

from __future__ import annotations

from lanh.core.database import SyncDatabase
from lanh.core.web.services import DemonstrationUser, Services
from lanh.nation import naming
from lanh.nation.facility import FacilityNames
from lanh.nation.person import PairStewardship, Stewardship
from lanh.nation.person.identifiers import MESSAGES
from lanh.nation.place import Places
from lanh.site.demonstration import users
from lanh.site.desks import OpenDesks, menu_pages, names, open_desks
from lanh.site.facts import DEMONSTRATION, fact
from lanh.site.instance import Instance
from lanh.site.pages.accounts import PageAccounts
from lanh.site.pages.audit import PageAuditTrail
from lanh.site.pages.bus import PageBus
from lanh.site.pages.desks import PageDesks
from lanh.site.pages.figures import PageFigures
from lanh.site.pages.finding import PageSearch
from lanh.site.pages.pairs import PagePairs, number_warnings
from lanh.site.pages.people import PagePeople
from lanh.site.pages.places import PagePlaces
from lanh.site.pages.records import PageRecords
from lanh.site.signing import desk_ports, open_signatory
from lanh.site.wiring import Records, open_intake, open_warehouse


class _Demonstration:
    """Whether made-up data is installed: on the first start it comes while pages are served."""

    def __init__(self, database: SyncDatabase) -> None:
        self._database = database
        self._installed = False

    def __call__(self) -> bool:
        self._installed = self._installed or self._database.read(fact(DEMONSTRATION)) is not None
        return self._installed


def page_services(
    instance: Instance,
    database: SyncDatabase,
    records: Records,
    places: Places,
    opened: OpenDesks | None = None,
) -> Services:
    """The services of the pages of one server process, with the desks that it has opened."""
    store = records.store
    facilities = FacilityNames(store)
    settings = instance.settings
    opened = opened or open_desks(records, **desk_ports(settings, store))
    signatory = open_signatory(settings, store, opened)
    lake = open_warehouse(instance, places)
    figures = PageFigures(lake, database, store, places, facilities)
    people = PagePeople(store, facilities, Stewardship(records.linking), places)
    return Services(
        database=database,
        secret=instance.secret("pages.key"),
        accounts=PageAccounts(places, facilities),
        people=people,
        pairs=PagePairs(store, facilities, PairStewardship(records.linking), people),
        records=PageRecords(store, facilities),
        audit=PageAuditTrail(store, facilities),
        bus=PageBus(database, open_intake(store, settings), places),
        figures=figures,
        places=PagePlaces(places, database),
        identifiers=(
            (naming.PERSONAL_NUMBER, MESSAGES["person.feature.personal-number"]),
            (naming.INSURANCE_NUMBER, MESSAGES["person.feature.insurance-number"]),
        ),
        residence=people.residence,
        number_warnings=number_warnings,
        link_words=lambda code: MESSAGES[f"person.{code}"],
        desks=PageDesks(
            opened.desks,
            opened.lists,
            opened.workflow,
            signs=signatory.sign,
            names=names,
            figures=figures,
        ),
        finder=PageSearch(
            list(opened.desks.desks.values()), opened.lists, opened.workflow, menu_pages()
        ),
        demonstration=_Demonstration(database),
        demonstration_users=[
            DemonstrationUser(user.username, user.password, user.name, user.title)
            for user in users()
        ],
    )
