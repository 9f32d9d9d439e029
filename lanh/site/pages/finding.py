"""The port Finder: the one search box over the lists, cases and pages of the desks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.desks import Desk, Visitor
from lanh.core.lists import (
    CaseProvider,
    Everything,
    Found,
    Group,
    ListDefinition,
    ListProvider,
    Lists,
    PageEntry,
    PageProvider,
    about_people,
)
from lanh.core.text import Language
from lanh.core.web.services import FoundGroup, FoundThing
from lanh.core.workflow import Workflow
from lanh.site.words import WORDS


class _OfDesk:
    """A list of a desk: two desks may each have a list of the same key."""

    def __init__(self, desk: Desk, inner: ListProvider) -> None:
        self._desk = desk.key
        self._inner = inner

    @property
    def kind(self) -> str:
        """The desk's key and the list's."""
        return f"{self._desk}/{self._inner.kind}"

    def find(self, text: str, access: Access, language: Language, most: int) -> Plan[Group | None]:
        """The rows of the list; `list` of the group is the kind."""
        found = yield from self._inner.find(text, access, language, most)
        if found is None:
            return None
        return Group(self.kind, found.title, found.found, found.more, self.kind, found.query)


class PageSearch:
    """`lanh.core.web.services.Finder` on the desks.

    Lists about people are left out: people are found by the register, and what is typed for a list
    stands in the address of the whole list.
    """

    def __init__(
        self,
        desks: Sequence[Desk],
        rows: Lists,
        workflow: Workflow,
        pages: Sequence[PageEntry] = (),
    ) -> None:
        self._desks = tuple(desks)
        self._workflow = workflow
        found = [
            _OfDesk(desk, ListProvider(rows, each, by, desk.list_roles.get(each.key, frozenset())))
            for desk in desks
            for each in desk.lists
            if (by := _typed(each))
        ]
        self._everything = Everything(
            (
                *found,
                CaseProvider(workflow, WORDS["find.cases"]),
                PageProvider(WORDS["find.pages"], (*pages, *_pages(desks))),
            )
        )

    def find(self, text: str, visitor: Visitor) -> Plan[Sequence[FoundGroup]]:
        """What answers a text, by kinds: lists, cases, pages."""
        groups = yield from self._everything.find(text, visitor.access, visitor.language)
        made = []
        for group in groups:
            things = []
            for each in group.found:
                thing = yield from self._thing(group, each, visitor)
                if thing is not None:
                    things.append(thing)
            if things:
                made.append(FoundGroup(group.title, things, _more(group)))
        return made

    def _thing(self, group: Group, each: Found, visitor: Visitor) -> Plan[FoundThing | None]:
        if each.address is not None:
            return FoundThing(each.title, each.detail, address=each.address)
        record = each.record or ""
        if group.list is not None:
            return FoundThing(each.title, each.detail, group.list.partition("/")[0], record)
        desk = yield from self._desk_of(each.case or "", visitor)
        return FoundThing(each.title, each.detail, desk, record) if desk else None

    def _desk_of(self, case_id: str, visitor: Visitor) -> Plan[str]:
        """The desk that a case belongs to, where the visitor's role meets it."""
        case = yield from self._workflow.case(case_id, visitor.access)
        for desk in self._desks:
            mine = visitor.role in desk.roles
            if mine and any(each.key == case.definition for each in desk.workflows):
                return desk.key
        return ""


def _typed(definition: ListDefinition) -> tuple[str, ...]:
    """The filters that a typed text is tried on: codes, then names."""
    if definition.resource_type is None or about_people(definition):
        return ()
    texts = [each for each in definition.filters if each.kind == "text"]
    return tuple(
        each.name for each in sorted(texts, key=lambda each: "identifier" not in each.search)
    )


def _pages(desks: Sequence[Desk]) -> Iterator[PageEntry]:
    for desk in desks:
        yield PageEntry(desk.title, f"/{desk.key}/", desk.roles)
        for page in desk.every_page:
            roles = None if page.public else page.roles
            yield PageEntry(page.title, f"/{desk.key}/pages/{page.key}", roles)
        for each in desk.lists:
            if desk.list_roles.get(each.key):
                address = f"/{desk.key}/lists/{each.key}"
                yield PageEntry(each.title, address, desk.list_roles[each.key])


def _more(group: Group) -> str:
    if not group.more or group.list is None:
        return ""
    desk, _, key = group.list.partition("/")
    return f"/{desk}/lists/{key}?{group.query}"
