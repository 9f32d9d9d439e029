"""A desk of one form, with a case that is checked by a second person: what these tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from lanh.core.access import Access, CustodianIn, Grant, Interaction, Purpose, Subject
from lanh.core.database import Plan, SyncDatabase, execute, fetch
from lanh.core.desks import (
    Desk,
    DeskForm,
    Desks,
    Finding,
    FormScreen,
    Happening,
    Indexing,
    Opening,
    RecordView,
    Section,
    Sent,
    Visitor,
)
from lanh.core.forms import load_form
from lanh.core.lists import ListDefinition
from lanh.core.store import Store
from lanh.core.text import Language, Words
from lanh.core.workflow import Definition, Definitions, Queue, State, Transition, Workflow
from lanh.nation.calendar import packaged
from lanh.nation.local_time import VIETNAM

NOON = datetime(2026, 3, 9, 12, 0, tzinfo=VIETNAM)
ALL: frozenset[Interaction] = frozenset({"read", "search", "history", "create", "update", "delete"})
FORM = load_form(Path(__file__).with_name("fridges.yaml"))
NURSES = frozenset({"nurse"})
HEADS = frozenset({"head"})

T = TypeVar("T")


def words(text: str) -> Words:
    return Words(f"{text} (vi)", text)


CHECK = Definition(
    "check",
    1,
    words("check"),
    "Observation",
    "sent",
    NURSES,
    (
        State("sent", words("sent"), queue="to-check"),
        State("returned", words("returned")),
        State("checked", words("checked"), final=True),
    ),
    (
        Transition("return", words("return"), frozenset({"sent"}), "returned", HEADS, reason=True),
        Transition("resend", words("resend"), frozenset({"returned"}), "sent", NURSES),
        Transition("check", words("check"), frozenset({"sent"}), "checked", HEADS),
    ),
    (Queue("to-check", words("to check"), HEADS, HEADS),),
)


def rules(response: dict[str, Any], facts: Mapping[str, Any]) -> Iterable[Finding]:
    for item in response.get("item", ()):
        if item["linkId"] != "shelf":
            continue
        for inner in item["item"]:
            if inner["linkId"] == "temperature" and inner["answer"][0]["valueDecimal"] > 8:
                yield Finding("warm", "shelf:0/temperature", words("too warm"), warning=True)


def once_a_day(response: dict[str, Any], opening: Opening) -> Indexing:
    day = response["item"][0]["answer"][0]["valueDate"]
    return Indexing(once=f"{opening.access.facility}|{day}")


def _value(
    resource: Mapping[str, Any], included: Mapping[str, Mapping[str, Any]], language: Language
) -> list[tuple[str, str]]:
    return [(words("temperature").say(language), str(resource["valueQuantity"]["value"]))]


def desk(**more: Any) -> Desk:
    made = Desk(
        "fridges",
        words("Fridges"),
        words("Temperatures of vaccine fridges"),
        NURSES | HEADS,
        forms=(
            DeskForm(
                "daily", FORM, NURSES, workflow="check", rules=rules, index=once_a_day,
                moves=("resend",),
            ),
        ),
        workflows=(CHECK,),
        lists=(
            ListDefinition("to-check", words("To check"), (), queues=frozenset({"to-check"})),
            ListDefinition("all", words("All"), (), resource_type="Observation"),
        ),
        list_roles={"all": NURSES},
        records=(
            RecordView(
                "Observation",
                lambda resource, language: words("Shelf").say(language),
                (Section(words("Reading"), _value),),
                form="daily",
            ),
        ),
    )  # fmt: skip
    return replace(made, **more)


def visitor(
    number: int = 1,
    role: str = "nurse",
    facility: str = "97001",
    *,
    types: frozenset[str] | None = None,
    language: Language = "en",
) -> Visitor:
    access = Access(
        Subject("person", str(number), f"Người {number}"),
        Purpose.OPERATIONS,
        (Grant(role, ALL, types, CustodianIn(frozenset({facility}))),),
        facility=facility,
        commune="99001",
    )
    return Visitor(str(number), role, access, language, NOON, facility)


NURSE = visitor(1)
OTHER_NURSE = visitor(2)
HEAD = visitor(3, "head")
STRANGER = visitor(9, facility="97002")

FIELDS: dict[str, list[str]] = {
    "q/day": ["9/3/2026"],
    "q/shelf:0/place": ["urn:lanh:shelf|top"],
    "q/shelf:0/temperature": ["4.5"],
    "q/shelf:1/place": ["urn:lanh:shelf|bottom"],
    "q/shelf:1/temperature": ["5"],
}


class Room:
    """Desks on a database."""

    def __init__(self, database: SyncDatabase, made: Desk | None = None, **ports: Any) -> None:
        self.database = database
        self.store = Store()
        self.desk = made or desk()
        workflow = Workflow(
            Definitions(self.desk.workflows), packaged(), now=lambda: NOON + timedelta(minutes=1)
        )
        self.desks = Desks((self.desk,), store=self.store, workflow=workflow, **ports)

    def run(self, plan: Plan[T]) -> T:
        return self.database.transact(plan)

    def begin(self, who: Visitor = NURSE) -> FormScreen:
        return self.run(self.desks.begin("fridges", "daily", who))

    def send(
        self,
        fields: Mapping[str, list[str]] | None = None,
        who: Visitor = NURSE,
        screen: FormScreen | None = None,
        **more: Any,
    ) -> FormScreen | Sent:
        at = screen or self.begin(who)
        return self.run(self.desks.send(at.draft, who, fields or FIELDS, at.submission, **more))

    def sent(self, *args: Any, **more: Any) -> Sent:
        done = self.send(*args, **more)
        assert isinstance(done, Sent), done.page.faults
        return done

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.database.read(fetch(sql))]


def following(table: str) -> Callable[[Happening], Plan[None]]:
    """A `follow` that notes what happened."""

    def follow(happening: Happening) -> Plan[None]:
        told = happening.form or happening.transition
        yield from execute(f"INSERT INTO {table} VALUES ($1::text)", told)

    return follow
