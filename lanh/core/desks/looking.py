"""The pages of a desk: its overviews, and those that a system draws itself."""

from __future__ import annotations

from collections.abc import Mapping

from lanh.core import overviews
from lanh.core.database import Plan
from lanh.core.desks.definition import Desk
from lanh.core.desks.errors import Forbidden, NotFound
from lanh.core.desks.menus import may_list
from lanh.core.desks.ports import Ports, roles_of
from lanh.core.desks.screens import OwnScreen, Visitor
from lanh.core.overviews import Link, OverviewScreen

RECORDS_BEHIND = "figures.records"
"""The capability of who may see the records that a figure of the warehouse counts."""


def page(
    ports: Ports, key: str, name: str, visitor: Visitor, query: Mapping[str, str]
) -> Plan[OwnScreen | OverviewScreen]:
    """A page of a desk. Raises NotFound, Forbidden."""
    desk = ports.desks.get(key)
    if desk is None:
        raise NotFound.because("not-found")
    overview = desk.overview(name)
    own = next((each for each in desk.pages if each.key == name), None)
    found = overview or own
    if found is None:
        raise NotFound.because("not-found")
    if not found.public and not roles_of(visitor) & found.roles:
        raise Forbidden.because("no-entry")
    if overview is not None:
        shown = yield from overviews.show(
            overview, visitor, query, lambda link: may_open(desk, link, visitor)
        )
        return shown
    assert own is not None
    return (yield from own.screen(visitor, query))


def may_open(desk: Desk, link: Link, visitor: Visitor) -> bool:
    """Whether what a link leads to is for the visitor. Records are asked for themselves."""
    roles = roles_of(visitor)
    match link.kind:
        case "list":
            found = next((each for each in desk.lists if each.key == link.key), None)
            return found is not None and may_list(desk, found, visitor)
        case "form":
            form = desk.form(link.key)
            return form is not None and bool(form.roles & roles)
        case "page":
            return any(
                each.key == link.key and (each.public or bool(each.roles & roles))
                for each in desk.every_page
            )
        case "figures":
            return RECORDS_BEHIND in visitor.access.capabilities
        case _:
            return True
