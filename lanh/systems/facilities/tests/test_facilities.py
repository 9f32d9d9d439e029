"""Facilities, handed to the kit's harness."""

from __future__ import annotations

from lanh.kit.harness import SystemTests
from lanh.nation import codes
from lanh.nation.calendar import packaged
from lanh.nation.roles import ROLES
from lanh.systems.facilities.system import SYSTEM


class TestSystem(SystemTests):
    system, roles, calendar = SYSTEM, ROLES, packaged()


def test_what_the_form_offers_is_what_the_lists_hold() -> None:
    facility = SYSTEM.forms[0].form
    for link, name in (
        ("kind", "facility_kinds"),
        ("level", "facility_levels"),
        ("ownership", "facility_ownership"),
        ("services", "facility_services"),
    ):
        item = facility.item(link)
        assert item is not None
        offered = {option.value["code"]: option.words for option in item.options}
        assert offered == {c.code: c.display for c in codes.concepts(name)}
