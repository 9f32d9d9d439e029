"""Beds, handed to the kit's harness."""

from __future__ import annotations

from lanh.core.access import system_access
from lanh.core.store import Context, Write
from lanh.kit.harness import SystemTests, Trial
from lanh.nation import codes, naming
from lanh.nation.calendar import packaged
from lanh.nation.indicators import national_definitions
from lanh.nation.roles import ROLES
from lanh.systems.beds.expecting import begin
from lanh.systems.beds.system import SYSTEM


class TestSystem(SystemTests):
    system, roles, calendar = SYSTEM, ROLES, packaged()
    counts = national_definitions()

    def prepare(self, trial: Trial) -> None:
        """A hospital, and the report that is expected of its day."""
        _, commune, code = trial.place
        place = {
            "resourceType": "Location",
            "identifier": [{"system": naming.FACILITY_CODE, "value": code}],
            "status": "active",
            "name": "Bệnh viện Mẫu",
            "address": {
                "extension": [
                    {
                        "url": naming.COMMUNE_EXTENSION,
                        "valueCoding": {"system": naming.COMMUNE, "code": commune},
                    }
                ]
            },
        }
        context = Context(system_access("test"), custodian=code, commune=commune)
        trial.run(trial.store.write([Write("create", "Location", None, place)], context))
        noon = trial.visitor("hospital-planner").at
        trial.run(begin(trial.store, trial.workflow, f"{code}.{noon.date()}", noon))


def test_what_the_form_offers_is_what_the_list_holds() -> None:
    item = SYSTEM.forms[1].form.item("type")
    assert item is not None
    offered = {option.value["code"]: option.words for option in item.options}
    assert offered == {c.code: c.display for c in codes.concepts("bed_types")}
