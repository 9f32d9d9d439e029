"""A notice that is written, reviewed, signed by two and sent: what the engine's tests share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lanh.core.access import Access, CommuneIn, CustodianIn, Grant, Interaction, Purpose, Subject
from lanh.core.database import Plan, execute, fetch_one
from lanh.core.text import Words
from lanh.core.workflow import (
    Case,
    Deadline,
    Definition,
    Definitions,
    Escalation,
    Focus,
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
    someone_else,
)
from lanh.nation.calendar import packaged
from lanh.nation.local_time import VIETNAM

MONDAY = datetime(2026, 3, 9, 8, 0, tzinfo=VIETNAM)
CONTENT = "ab" * 32
FOUR_HOURS = Term(4, Unit.WORKING_HOURS)
ALL: frozenset[Interaction] = frozenset({"read", "search", "create", "update"})


def words(text: str) -> Words:
    return Words(f"{text} (vi)", text)


def deadline(term: Term = FOUR_HOURS) -> Deadline:
    return Deadline(
        "sending",
        words("sent in time"),
        term,
        frozenset({"draft", "review", "signing"}),
        (
            Escalation("hurry", Term(2, Unit.WORKING_HOURS), priority="urgent"),
            Escalation("late", Term(4, Unit.WORKING_HOURS), queue="chief"),
        ),
    )


STATES = (
    State("draft", words("draft")),
    State("review", words("under review"), queue="review"),
    State(
        "signing",
        words("waits for signatures"),
        queue="review",
        signatures=(
            SignatureNeed("author", words("author"), frozenset({"doctor"})),
            SignatureNeed("head", words("head"), frozenset({"head"})),
        ),
    ),
    State("sent", words("sent"), final=True),
    State("dropped", words("dropped"), final=True),
)


def way(
    name: str,
    sources: str,
    target: str,
    roles: str,
    *guards: Guard,
    reason: bool = False,
    signed: bool = False,
) -> Transition:
    return Transition(
        name,
        words(name),
        frozenset(sources.split()),
        target,
        frozenset(roles.split()),
        guards,
        reason,
        signed,
    )


COMPLETE = Guard("complete", lambda s: bool(s.facts.get("complete")), words("cause is missing"))
OTHER = someone_else("submit", words("somebody else must approve"))
WAYS = (
    way("submit", "draft", "review", "doctor", COMPLETE),
    way("approve", "review", "signing", "head doctor", OTHER),
    way("refuse", "review", "draft", "head", reason=True),
    way("send", "signing", "sent", "head", signed=True),
    way("drop", "draft review signing", "dropped", "head"),
)
QUEUES = (
    Queue("review", words("to review"), frozenset({"head"}), frozenset({"chief"})),
    Queue("chief", words("late"), frozenset({"chief"}), priority="asap"),
)


def notice(
    version: int = 1, *, term: Term = FOUR_HOURS, states: tuple[State, ...] = ()
) -> Definition:
    return Definition(
        "notice",
        version,
        words("notice"),
        "Composition",
        "draft",
        frozenset({"doctor"}),
        (*STATES, *states),
        WAYS,
        QUEUES,
        (deadline(term),),
    )


def person(
    number: int,
    *roles: str,
    facility: str = "97001",
    communes: frozenset[str] = frozenset(),
    interactions: frozenset[Interaction] = ALL,
) -> Access:
    scope = CommuneIn(communes) if communes else CustodianIn(frozenset({facility}))
    kinds = frozenset({"Composition"})
    return Access(
        Subject("person", str(number), f"Người {number}"),
        Purpose.OPERATIONS,
        tuple(Grant(role, interactions, kinds, scope) for role in roles),
    )


DOCTOR = person(1, "doctor")
OTHER_DOCTOR = person(2, "doctor")
HEAD = person(3, "head")
SECOND_HEAD = person(4, "head")
CHIEF = person(5, "chief")
STRANGER = person(9, "doctor", "head", "chief", facility="97002")


def focus(number: int = 1, facility: str = "97001", commune: str = "99001") -> Focus:
    return Focus("Composition", f"notice-{number}", f"patient-{number}", facility, commune)


@dataclass
class Clock:
    """The time of a test, which goes when it is told to."""

    at: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.at.astimezone(UTC)

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


class BoxSigner:
    """A signing service with a table of its own, in the same unit of work."""

    def create(self) -> Plan[None]:
        yield from execute(
            "CREATE TABLE public.box (id text PRIMARY KEY, content text, state text DEFAULT 'open')"
        )

    def ask(self, request: SignatureRequest) -> Plan[str]:
        yield from execute(
            "INSERT INTO public.box VALUES ($1, $2)", f"box-{request.id}", request.content
        )
        return f"box-{request.id}"

    def verify(self, request: str, content: str, by: str, evidence: str) -> Plan[Words | None]:
        row = yield from fetch_one("SELECT content FROM public.box WHERE id = $1", request)
        assert row is not None
        assert row[0] == content
        return None if evidence == f"{by} signed {content}" else words("wrong key")

    def judge(self, content: str, by: str, at: datetime, evidence: str) -> Plan[Judgement]:
        yield from ()
        sound = evidence == f"{by} signed {content}"
        return Judgement(sound, words("holds" if sound else "does not hold"))

    def withdraw(self, request: str) -> Plan[None]:
        yield from execute("UPDATE public.box SET state = 'withdrawn' WHERE id = $1", request)


@dataclass
class Scene:
    """An engine on one definition or several, at a time of its own."""

    definitions: tuple[Definition, ...] = field(default_factory=lambda: (notice(),))
    clock: Clock = field(default_factory=Clock)
    on_escalation: Callable[[Case, Escalation], Plan[None]] | None = None

    @property
    def engine(self) -> Workflow:
        return Workflow(
            Definitions(self.definitions),
            packaged(),
            signer=BoxSigner(),
            on_escalation=self.on_escalation,
            now=self.clock,
        )
