"""A desk whose form holds every item type, on the real engines: what the tests of desks share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from lanh.core import lists
from lanh.core.access import Access, Everything, Grant, Interaction, Purpose, Subject
from lanh.core.database import Plan, SyncDatabase
from lanh.core.desks import (
    Desk,
    DeskForm,
    Desks,
    Finding,
    OwnPage,
    OwnScreen,
    Paper,
    RecordView,
    Section,
    Visitor,
)
from lanh.core.forms import load_form
from lanh.core.jobs import PlanHandler, Worker
from lanh.core.lists import DUE, HOLDER, STATE, Column, Filter, ListDefinition, Lists, SavedView
from lanh.core.overviews import (
    Area,
    Bars,
    Behind,
    By,
    Day,
    Fact,
    Measure,
    Overview,
    PlaceMap,
    Reader,
    Records,
    Series,
    Standing,
    Sum,
    Sums,
)
from lanh.core.overviews.tests.country import COUNTRY
from lanh.core.store import Store
from lanh.core.terminology import Choice, Choices
from lanh.core.text import Language, Words, fold
from lanh.core.ui import tag
from lanh.core.web import Services
from lanh.core.web import services as ports
from lanh.core.web.services import SignedIn
from lanh.core.web.tests.fakes import USERS, FakeAccounts, made_up
from lanh.core.workflow import (
    Case,
    Deadline,
    Definition,
    Definitions,
    Guard,
    Judgement,
    Queue,
    SignatureNeed,
    SignatureRequest,
    State,
    Term,
    Transition,
    Unit,
    Workflow,
)
from lanh.nation.calendar import packaged
from lanh.site.pages.desks import PageDesks
from lanh.site.pages.finding import PageSearch
from lanh.site.pages.sheets import Sheets

FORM = load_form(Path(__file__).with_name("sink.yaml"))
ALL: frozenset[Interaction] = frozenset({"read", "search", "history", "create", "update", "delete"})
REPORTERS, CHECKERS = frozenset({"nurse"}), frozenset({"steward"})
ICD = {
    "A00": "Bệnh tả", "A01.0": "Thương hàn", "A09": "Tiêu chảy và viêm dạ dày ruột",
    "A90": "Sốt xuất huyết Dengue", "B05": "Bệnh sởi", "J10": "Cúm do vi rút đã xác định",
}  # fmt: skip


class FakeValueSets:
    """Six diagnoses."""

    def find(
        self, within: str, text: str, on: date | None = None, *, language: str = "vi",
        offset: int = 0, count: int = 20,
    ) -> Plan[Choices]:  # fmt: skip
        yield from ()
        words = fold(text).split()
        rows = [
            Choice("urn:icd", code, display)
            for code, display in ICD.items()
            if all(word in fold(f"{code} {display}") for word in words)
        ]
        return Choices(tuple(rows[:count]), len(rows))

    def choices_of(
        self, within: str, codes: Collection[tuple[str, str]], on: date | None = None, *,
        language: str = "vi",
    ) -> Plan[list[Choice]]:  # fmt: skip
        yield from ()
        return [Choice(system, code, ICD[code]) for system, code in codes if code in ICD]

    def known_member(
        self, value_set: str, system: str | None, code: str, on: date | None = None
    ) -> Plan[bool | None]:
        yield from ()
        return code in ICD


class FakeSigner:
    """Takes "1234" for everybody's signature."""

    def ask(self, request: SignatureRequest) -> Plan[str]:
        yield from ()
        return f"asked-{request.id}"

    def verify(self, request: str, content: str, by: str, evidence: str) -> Plan[Words | None]:
        yield from ()
        return None if evidence == "1234" else Words("Mã PIN không đúng.", "The PIN is wrong.")

    def judge(self, content: str, by: str, at: datetime, evidence: str) -> Plan[Judgement]:
        yield from ()
        return Judgement(evidence == "1234", Words("Chữ ký thử.", "A signature for tests."))

    def withdraw(self, request: str) -> Plan[None]:
        yield from ()


def _pin(_visitor: Visitor, _case: Case, _need: str, secret: str) -> Plan[str]:
    yield from ()
    return secret


CHECK = Definition(
    "outbreak", 1, Words("Xác minh ổ dịch", "Verification of an outbreak"), "Observation", "sent",
    REPORTERS,
    (
        State("sent", Words("Chờ xác minh", "Waits for verification"), queue="to-check"),
        State("returned", Words("Trả lại", "Returned"), queue="to-mend"),
        State(
            "verified", Words("Chờ ký", "Waits for signature"), queue="to-sign",
            signatures=(SignatureNeed("head", Words("Lãnh đạo ký", "Head's signature"), CHECKERS),),
        ),
        State("closed", Words("Đã kết thúc", "Closed"), final=True),
    ),
    (
        Transition("verify", Words("Xác minh", "Verify"), frozenset({"sent"}), "verified",
                   CHECKERS),
        Transition(
            "return", Words("Trả lại để bổ sung", "Return to be mended"), frozenset({"sent"}),
            "returned", CHECKERS, reason=True,
        ),
        Transition("resend", Words("Gửi lại", "Send again"), frozenset({"returned"}), "sent",
                   REPORTERS),
        Transition(
            "close", Words("Kết thúc ổ dịch", "Close the outbreak"), frozenset({"verified"}),
            "closed", CHECKERS,
            guards=(Guard("early", lambda s: bool(s.facts.get("quiet")),
                          Words("Chưa đủ 28 ngày không có ca mới.",
                                "Not yet 28 days without a new case.")),),
        ),
    ),
    (
        Queue("to-check", Words("Chờ xác minh", "To verify"), CHECKERS, CHECKERS),
        Queue("to-mend", Words("Cần bổ sung", "To mend"), REPORTERS),
        Queue("to-sign", Words("Chờ ký", "To sign"), CHECKERS, CHECKERS),
    ),
    (
        Deadline("verify", Words("Xác minh", "Verification"), Term(4, Unit.WORKING_HOURS),
                 frozenset({"sent"})),
    ),
)  # fmt: skip


def _title(resource: Mapping[str, Any], _language: Language) -> str:
    return str(resource.get("code", {}).get("text", ""))


def _lines(
    resource: Mapping[str, Any], _included: Mapping[str, Mapping[str, Any]], language: Language
) -> Sequence[tuple[str, str]]:
    day = str(resource.get("effectiveDateTime", ""))[:10]
    names = ("Tên ổ dịch", "Ngày phát hiện") if language == "vi" else ("Outbreak", "Found")
    return [(names[0], _title(resource, language)), (names[1], "/".join(reversed(day.split("-"))))]


def _rules(response: Mapping[str, Any], _facts: Mapping[str, Any]) -> Iterable[Finding]:
    for item in response.get("item", ()):
        for inner in item.get("item", ()) if item["linkId"] == "ward" else ():
            if inner["linkId"] == "ill" and inner["answer"][0]["valueInteger"] > 500:
                words = Words("Hơn 500 ca ở một thôn.", "More than 500 cases in one village.")
                yield Finding("many", "ward:0/ill", words, warning=True)


def _own(visitor: Visitor, parameters: Mapping[str, str]) -> Plan[OwnScreen]:
    yield from ()
    title = "Bản đồ ổ dịch" if visitor.language == "vi" else "Map of outbreaks"
    return OwnScreen(title, tag("section", tag("p", parameters.get("q", "–")), class_="card"))


COLUMNS = (
    Column("name", Words("Ổ dịch", "Outbreak"), lambda row, language: _title(row[0], language),
           main=True),
    Column("day", Words("Ngày phát hiện", "Found"), lambda row, _: "/".join(
        reversed(str(row[0].get("effectiveDateTime", ""))[:10].split("-"))), sort="date"),
)  # fmt: skip
LISTS = (
    ListDefinition(
        "outbreaks", Words("Các ổ dịch", "Outbreaks"),
        (*COLUMNS, Column("state", Words("Tình trạng", "Status"),
                          lambda row, _: str(row[0].get("status", "")), shown=False)),
        resource_type="Observation",
        filters=(
            Filter("day", Words("Phát hiện", "Found"), "date", "date"),
            Filter("status", Words("Tình trạng", "Status"), "status", "choice",
                   (("final", Words("Chính thức", "Final")),
                    ("amended", Words("Đã sửa", "Amended")))),
        ),
        views=(SavedView("final", Words("Chính thức", "Final"), {"status": "final"}),),
        page=5,
    ),
    ListDefinition(
        "to-check", Words("Chờ xác minh", "To verify"), (*COLUMNS, STATE, HOLDER),
        queues=frozenset({"to-check"}), filters=(DUE,),
    ),
)  # fmt: skip


def _facts(outbreak: Mapping[str, Any], _reader: Reader) -> Iterable[Fact]:
    day = date.fromisoformat(str(outbreak.get("effectiveDateTime", ""))[:10])
    yield Fact({"status": str(outbreak.get("status", ""))}, {"outbreaks": 1}, day=day)


_OUTBREAKS, _STATUS = Words("Số ổ dịch", "Outbreaks"), Words("Tình trạng", "Status")
WEEK = Overview(
    "week", Words("Ổ dịch trong tuần", "Outbreaks of the week"), REPORTERS | CHECKERS, COUNTRY,
    source=Records("Observation", _facts),
    fields=(Area(Words("Tỉnh", "Province")), Day(Words("Ngày", "Day"))),
    measures=(Measure("outbreaks", _OUTBREAKS),),
    by=(By("status", _STATUS, {"final": Words("Chính thức", "Final")}),),
    parts=(
        Sum(("outbreaks",)), Standing("status", "outbreaks", {"final": "ok"}),
        Sums(_STATUS, "status", ("outbreaks",),
             behind=(Behind(list="outbreaks", filters={"status": "status"}),)),
        Bars(_OUTBREAKS, "status", "outbreaks", half=True),
        Series(_OUTBREAKS, "day", "outbreaks", half=True), PlaceMap(_OUTBREAKS, "outbreaks"),
    ),
    doors=(("form", "report", Words("Báo ổ dịch", "Report an outbreak")),),
)  # fmt: skip
DESK = Desk(
    "outbreaks", Words("Ổ dịch", "Outbreaks"),
    Words("Báo, xác minh và kết thúc ổ dịch", "Report, verify and close outbreaks"),
    REPORTERS | CHECKERS,
    forms=(
        DeskForm("report", FORM, REPORTERS, workflow="outbreak", rules=_rules, moves=("resend",)),
    ),
    workflows=(CHECK,),
    lists=LISTS,
    list_roles={"outbreaks": REPORTERS | CHECKERS},
    records=(
        RecordView("Observation", _title,
                   (Section(Words("Thông tin chung", "General"), _lines),), form="report",
                   papers=(Paper("notice", Words("Thông báo ổ dịch", "Notice of the outbreak"),
                                 Path("notice.typ"), lambda resource, _, __: {}),)),
    ),
    pages=(OwnPage("map", Words("Bản đồ ổ dịch", "Map"), REPORTERS | CHECKERS, "a map", _own),
           OwnPage("public", Words("Ổ dịch hiện nay", "Outbreaks now"), frozenset(), "for all",
                   _own, public=True)),
    overviews=(WEEK,),
)  # fmt: skip
"""One desk of one form, its case verified by a second person and signed."""


class FakePapers:
    """A PDF of one line."""

    def render(
        self, template: Path, facts: Mapping[str, Any], at: datetime, language: Language = "vi"
    ) -> bytes:
        return b"%PDF-1.7 made up"


@dataclass
class DeskAccounts(FakeAccounts):
    """The made-up users with rights on the records of the desk."""

    rights: frozenset[Interaction] = field(default=ALL)

    def access_for(self, account: SignedIn, purpose: Purpose, at: datetime) -> Plan[Access]:
        yield from ()
        grant = Grant(account.role, self.rights, None, Everything())
        subject = Subject("person", account.id, account.display_name)
        return Access(
            subject, Purpose.OPERATIONS, (grant,), capabilities=account.capabilities,
            facility=account.facility or "99001", commune="00101",
        )  # fmt: skip


def _names(actors: Sequence[str]) -> Plan[Mapping[str, str]]:
    yield from ()
    people = {f"person:{user.id}": user.display_name for user in USERS.values()}
    return {actor: people.get(actor, actor) for actor in actors}


def desk_services(database: ports.Runner, desk: Desk = DESK, **changes: Any) -> Services:
    """Services with real desks on `database`."""
    store = Store()
    clock = changes.pop("clock", None)
    more = {"now": clock} if clock is not None else {}
    workflow = Workflow(Definitions(desk.workflows), packaged(), signer=FakeSigner(), **more)
    engine = Desks(
        (desk,), store=store, workflow=workflow, value_sets=FakeValueSets(), papers=FakePapers(),
        names=_names,
    )  # fmt: skip
    rows = Lists(store, workflow)
    pages = PageDesks(engine, rows, workflow, evidence=_pin, names=_names)
    finder = PageSearch((desk,), rows, workflow)
    return made_up(database, accounts=DeskAccounts(), desks=pages, finder=finder, **changes)


def personal(desk: Desk = DESK) -> Desk:
    """The desk as if its records were about people."""
    return replace(desk, records=tuple(replace(each, personal=True) for each in desk.records))


def reviewed(desk: Desk = DESK) -> Desk:
    """The desk with a form whose answers are looked through before they are sent."""
    return replace(desk, forms=tuple(replace(each, review=True) for each in desk.forms))


def sheet_hand(database: SyncDatabase, desk: Desk = DESK) -> Worker:
    """A worker that takes the sheets sent to a desk, a batch at each turn."""
    desks = desk_services(database, desk).desks
    assert isinstance(desks, PageDesks)
    take = lists.Turns(Sheets(DeskAccounts(), desks).opened).take
    return Worker(database, {lists.JOB: PlanHandler(take)}, {}, queues=(lists.QUEUE,), batch=1)
