"""Made-up hospitals, their profiles, and the engines on one database."""

from __future__ import annotations

from typing import Any

from lanh.core import access
from lanh.core.access import (
    EVERY_INTERACTION,
    Access,
    CommuneIn,
    CustodianIn,
    Everything,
    Grant,
    Predicate,
    Purpose,
    Subject,
)
from lanh.core.database import SyncDatabase
from lanh.core.profiles import Conformance
from lanh.core.store import Context, Outcome, Store, Write
from lanh.core.terminology import Terminology
from lanh.core.terminology.tests.samples import DAY

URL = "http://example.vn/StructureDefinition/"
CORE = "http://hl7.org/fhir/StructureDefinition/"
Json = dict[str, Any]


def _access(name: str, scope: Predicate) -> Access:
    grant = Grant(name, EVERY_INTERACTION, None, scope)
    return Access(Subject("system", name, name), Purpose.OPERATIONS, (grant,))


PLATFORM = Context(access.system_access("test"))
COUNTRY = Context(_access("ministry", Everything()))
PROVINCE = Context(_access("province", CommuneIn(frozenset({"00004"}))), commune="00004")


def hospital(code: str = "97001") -> Context:
    """Whatever a hospital's client system writes and reads."""
    return Context(_access(code, CustodianIn(frozenset({code}))), custodian=code, commune="00004")


def profile(name: str, *elements: Json, of: str = "Basic", **more: Any) -> Json:
    """A StructureDefinition that constrains a type."""
    return {
        "resourceType": "StructureDefinition",
        "id": name,
        "url": URL + name,
        "name": name.title(),
        "status": "active",
        "kind": "resource",
        "abstract": False,
        "type": of,
        "baseDefinition": CORE + of,
        "derivation": "constraint",
        "differential": {"element": list(elements) or [{"id": of, "path": of}]},
        **more,
    }


def element(path: str, **more: Any) -> Json:
    """A row of a differential."""
    return {"id": path, "path": path, **more}


def guide(name: str, *profiles: str, of: str = "Basic", **more: Any) -> Json:
    """An ImplementationGuide that binds profiles to a type."""
    return {
        "resourceType": "ImplementationGuide",
        "id": name,
        "url": f"http://example.vn/ImplementationGuide/{name}",
        "name": name.title(),
        "status": "active",
        "packageId": name,
        "fhirVersion": ["4.0.1"],
        "global": [{"type": of, "profile": URL + each} for each in profiles],
        **more,
    }


def basic(name: str, *profiles: str, **more: Any) -> Json:
    """A Basic that names profiles."""
    made: Json = {"resourceType": "Basic", "id": name, "code": {"text": "x"}, **more}
    if profiles:
        made["meta"] = {"profile": [URL + each for each in profiles]}
    return made


class Scene:
    """The store of one process; several scenes on one database are several processes."""

    def __init__(self, database: SyncDatabase) -> None:
        self.database = database
        self.terminology = Terminology(lambda: DAY)
        self.conformance = Conformance(self.terminology, lambda: self.store)
        self.store = Store(
            hooks=(self.terminology.hook, self.conformance.hook),
            admission=self.conformance.admit,
        )

    def put(self, *resources: Json, context: Context = PLATFORM) -> list[Outcome]:
        """Write resources in one transaction."""
        writes = [Write("update", r["resourceType"], r["id"], r) for r in resources]
        return self.database.transact(self.store.write(writes, context))

    def drop(self, resource: Json, context: Context = PLATFORM) -> None:
        """Delete a resource."""
        write = Write("delete", resource["resourceType"], resource["id"])
        self.database.transact(self.store.write([write], context))

    def told(self, resource: Json, context: Context = PLATFORM, **more: Any) -> list[Any]:
        """(severity, code) of each issue, doubts too, those about narrative left out."""
        plan = self.conformance.issues(resource, context, warnings=True, **more)
        issues = self.database.transact(plan)
        return [(i.severity, i.code) for i in issues if (i.severity, i.code) != DOM_6]


DOM_6 = ("warning", "invariant")
