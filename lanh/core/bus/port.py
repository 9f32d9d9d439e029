"""What a connector and the bus say to each other: a format read into parts and drafts.

A connector knows one outside format and nothing of the database. It turns a message into parts,
each a handful of drafts of records, with everything it found wrong. The bus gives the drafts
their ids, rewrites their references, writes them, and keeps the receipt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from lanh.core.access import Access
from lanh.core.fhir import Issue

Body: TypeAlias = dict[str, Any]
Mode: TypeAlias = Literal["replace", "merge", "absent"]


@dataclass(frozen=True, slots=True)
class Sender:
    """The client system a message came from and the facilities it may speak for.

    `facilities` maps a facility code to its commune code (or None); `facility` is the one meant
    where a message names none. `owner` is whose id space the sender's short ids live in.
    """

    client: str
    access: Access
    facility: str | None = None
    facilities: dict[str, str | None] = field(default_factory=dict)

    @property
    def owner(self) -> str:
        """The facility's code, or the client's id where it speaks for no facility."""
        return self.facility or self.client


@dataclass(frozen=True, slots=True)
class Submission:
    """One message as it arrived: its bytes after transfer decoding, and who sent it."""

    sender: Sender
    content: bytes
    content_type: str
    format: str


@dataclass(slots=True)
class Draft:
    """One record to be written.

    `id` is the sender's own id for it, or None where the server chooses. `aliases` are the other
    names by which references of the same message mean it (fullUrl, "urn:uuid:..."). `settled`
    says that the id was derived from facility and business key and is final.

    `mode`: "replace" writes the body as it is; "merge" lays it over the sender's current version
    (a property that is None is removed, one not named stays, the two ends of a period count as
    properties); "absent" writes only where there is none yet. `initial` holds properties that
    count only for a record that is new. `kept` records are shared by several messages and
    survive the replacement of one.

    `adapt` is for records of which messages of several formats speak: from what is known and the
    body it makes what is to be laid over, so that neither format overrules the other by chance of
    order. It counts in mode "merge" only.
    """

    type: str
    body: dict[str, Any] | None
    id: str | None = None
    interaction: Literal["create", "update", "delete"] = "update"
    aliases: tuple[str, ...] = ()
    condition: str | None = None
    if_none_exist: str | None = None
    if_match: int | None = None
    mode: Mode = "replace"
    initial: dict[str, Any] = field(default_factory=dict)
    settled: bool = False
    kept: bool = False
    path: str = ""
    adapt: Callable[[Body, Body], Body] | None = None


@dataclass(slots=True)
class Part:
    """One piece of a message that gets a line of the receipt.

    Parts of one `group` stand or fall together; a part also falls where a group in `needs` fell.
    A part with an issue of severity error or fatal is refused. A part without drafts and without
    errors was read and kept, and no record is made from it.
    """

    index: int
    type: str
    source_id: str | None
    drafts: list[Draft] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    group: int = 0
    needs: frozenset[int] = frozenset()

    @property
    def refused(self) -> bool:
        """Whether the part itself is at fault."""
        return any(issue.severity in ("error", "fatal") for issue in self.issues)


@dataclass(slots=True)
class Judged:
    """A message as its connector understood it.

    `key` is the format's own message id; `replaces` says that another message of the same key
    replaces the earlier one instead of being a conflict. `facility` is the code of the facility
    that the message says it comes from, if it says so, `made_at` when it says it was made. An
    issue of severity error here refuses the whole message.
    """

    parts: list[Part] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    key: str | None = None
    replaces: bool = False
    facility: str | None = None
    made_at: datetime | None = None

    @property
    def refused(self) -> bool:
        """Whether nothing of the message can be taken."""
        return any(issue.severity in ("error", "fatal") for issue in self.issues)


class Connector(Protocol):
    """One outside format."""

    @property
    def name(self) -> str:
        """The format's name in receipts, such as "fhir"."""
        ...

    @property
    def media_types(self) -> Sequence[str]:
        """The media types that mean this format, lower case, without parameters."""
        ...

    def recognises(self, head: bytes) -> bool:
        """Whether a body that begins like `head` (white space and BOM taken off) is this format."""
        ...

    def judge(self, submission: Submission) -> Judged:
        """Read and check a message. Never raises on bad input: it says so in issues."""
        ...


@runtime_checkable
class Ordered(Protocol):
    """A format that demands order: of its messages about one patient none may overtake another."""

    def line(self, content: bytes) -> str | None:
        """Whom a message is about, in the sender's own words; None where order is of no matter.

        Quick, and never raises: it is asked before the message is read.
        """
        ...


@runtime_checkable
class Mendable(Protocol):
    """A format of which a single field can be read and written anew."""

    def field(self, content: bytes, part: int, place: str) -> str | None:
        """What stands at the place of an issue ("PID-8", "Patient.gender") of a part.

        None where the place is no single field. Never raises.
        """
        ...

    def mended(self, content: bytes, values: Sequence[tuple[int, str, str]]) -> bytes:
        """The message with (part, place, value) written in; the rest as it was, byte for byte
        where the format allows. Places that are no single field are passed over."""
        ...
