"""The system as the kit's harness tries it out."""

from __future__ import annotations

from typing import Any

from lanh.core.access import system_access
from lanh.core.desks import Desks
from lanh.core.signing import TrustStore
from lanh.core.store import Context, Write
from lanh.core.workflow import Definitions, Workflow
from lanh.kit.harness import SystemTests
from lanh.kit.harness.trying import HERE, Trial
from lanh.nation.calendar import packaged
from lanh.nation.indicators import national_definitions
from lanh.nation.roles import ROLES
from lanh.site.signatures import SignatureService, content_port
from lanh.site.signing import SIGNABLES
from lanh.systems.deaths.system import SYSTEM

_PEOPLE: dict[str, dict[str, Any]] = {
    "example-1": {"gender": "female", "birthDate": "1950-03-02"},
    "example-2": {"gender": "male", "birthDate": "1990-07-19"},
    "example-3": {"gender": "male", "birthDate": "2026-03-09"},
    "example-4": {"gender": "female", "birthDate": "1961-01-30"},
    "example-5": {"gender": "female", "birthDate": "1940-12-12"},
}


class TestSystem(SystemTests):
    system, roles, calendar = SYSTEM, ROLES, packaged()
    counts = national_definitions()

    def prepare(self, trial: Trial) -> None:
        """The people whom the examples are about; a signing service, as states ask for it."""
        signer = SignatureService(TrustStore)
        trial.workflow = Workflow(Definitions(SYSTEM.states), packaged(), signer=signer)
        trial.desks = Desks(
            (self.desk(),), store=trial.store, workflow=trial.workflow,
            value_sets=trial.value_sets, content=content_port(trial.store, SIGNABLES),
        )  # fmt: skip
        context = Context(system_access("examples"), None, HERE[2], HERE[1])
        writes = [
            Write("create", "Patient", name, {
                "resourceType": "Patient", "id": name, "name": [{"text": f"Người Thử {name[-1]}"}],
                **more,
            })
            for name, more in _PEOPLE.items()
        ]  # fmt: skip
        trial.run(trial.store.write(writes, context))
