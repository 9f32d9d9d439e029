"""The HL7 v2 connector: messages to drafts; what is not taken is refused with the reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from lanh.connectors.hl7v2 import mending
from lanh.connectors.hl7v2.composing import VERSIONS
from lanh.connectors.hl7v2.mapping import map_message
from lanh.connectors.hl7v2.reader import Message, Unreadable, decode, envelope
from lanh.connectors.hl7v2.routes import EVENTS, kind_of, listed, taken
from lanh.connectors.hl7v2.scene import Scene
from lanh.connectors.hl7v2.times import instant
from lanh.connectors.hl7v2.words import WORDS
from lanh.core import fhir
from lanh.core.bus import Draft, Judged, Part, Submission
from lanh.core.fhir import Issue
from lanh.core.text import Message as Text
from lanh.core.text import Words

_FACILITY = re.compile(r"\d{2}[0-9A-Z]{3}", re.ASCII)


class Hl7v2Connector:
    """HL7 v2 in ER7 form. One message is one part; a batch has a part a message."""

    name = "hl7v2"
    media_types = (
        "x-application/hl7-v2+er7",
        "application/hl7-v2",
        "application/hl7-v2+er7",
        "text/hl7v2",
    )

    def recognises(self, head: bytes) -> bool:
        """Whether the body begins with MSH, FHS or BHS and a delimiter."""
        head = head.lstrip(b"\x0b")
        return head[:3] in (b"MSH", b"FHS", b"BHS") and not head[3:4].isalnum()

    def line(self, content: bytes) -> str | None:
        """The patient of a message: what is told of one is taken in the order of its telling."""
        return mending.patient_line(content)

    def field(self, content: bytes, part: int, place: str) -> str | None:
        """What stands at a place such as "PID-8" of a message."""
        return mending.field(content, part, place)

    def mended(self, content: bytes, values: Sequence[tuple[int, str, str]]) -> bytes:
        """The content with fields written anew."""
        return mending.mended(content, values)

    def judge(self, submission: Submission) -> Judged:
        """Read a message or batch. The key is MSH-10 with the sending application (MSH-3)."""
        try:
            found = envelope(submission.content)
            _, misnamed = decode(submission.content)
        except Unreadable as error:
            return Judged(issues=[error.issue])
        messages = found.messages
        judged = Judged(issues=list(found.issues))
        if misnamed:
            note = WORDS.message("charset-misnamed")
            judged.issues.append(Issue("warning", "value", "MSH-18", note))
        if len(messages) == 1:
            header = messages[0].header
            judged.key = "\n".join((header[3].raw, header[10][1])) if header[10][1] else None
        made = instant(messages[0].header[7][1])
        judged.made_at = datetime.fromisoformat(made) if made else None
        # A batch too comes from one facility, or its records are its sender's.
        named = {message.header[4][1] for message in messages}
        if len(named) == 1 and _FACILITY.fullmatch(name := named.pop()):
            judged.facility = name
        judged.parts = [
            judge_message(message, submission.sender.owner if judged.facility is None
                          else judged.facility, index)
            for index, message in enumerate(messages)
        ]  # fmt: skip
        return judged


def judge_message(message: Message, place: str, index: int) -> Part:
    """One message to one part. `place` is the id space: facility code or client."""
    code, event = kind_of(message)
    part = Part(index, f"{code}^{event}".strip("^") or "?", message.control_id or None, group=index)
    scene = Scene(place, f"{message.header[3].raw}\n{message.control_id}")
    if not message.control_id:
        scene.note("error", "required", "MSH-10", "control-id-missing")
    elif not _header_fits(scene, message):
        pass
    elif taken(code, event):
        map_message(scene, message, code, event)
    else:
        place = "MSH-9.2" if code in EVENTS else "MSH-9"
        scene.note(
            "error", "not-supported", place, "not-supported", kind=part.type[:40], taken=listed()
        )
    part.issues = scene.issues
    if not part.refused:
        part.drafts = _unique(scene.drafts)
        part.issues += _faults(scene, part.drafts)
        local = sorted({item.name for item in message.segments if item.name.startswith("Z")})
        if local:
            note = WORDS.message("local-segments", names=", ".join(local))
            part.issues.append(Issue("information", "informational", "", note))
    return part


def _header_fits(scene: Scene, message: Message) -> bool:
    """MSH-11 (table 0103) and MSH-12 (table 0104): what chapter 2.9 has judged before the rest."""
    version, processing = message.header[12][1], message.header[11][1].upper()
    if not version:
        scene.note("warning", "required", "MSH-12", "version-missing")
    elif not VERSIONS.fullmatch(version):
        scene.note("error", "not-supported", "MSH-12", "version-not-supported", value=version[:20])
        return False
    if processing not in ("", "P", "T", "D"):
        value = message.header[11][1][:20]
        scene.note("error", "not-supported", "MSH-11", "processing-unknown", value=value)
        return False
    return True


def _unique(drafts: list[Draft]) -> list[Draft]:
    """One draft a record: of two about the same thing the later counts, in the first's place."""
    found: dict[tuple[str, str | None], Draft] = {}
    for draft in drafts:
        found[draft.type, draft.id] = draft
    return list(found.values())


def _faults(scene: Scene, drafts: list[Draft]) -> list[Issue]:
    """What FHIR finds wrong in the records made, with the segment that they were made from."""
    issues: list[Issue] = []
    for draft in drafts:
        body = {**draft.initial, **(draft.body or {}), "id": draft.id}
        origin = scene.origins.get((draft.type, draft.id or ""))
        for issue in fhir.validate(_without_nulls(body)):
            if issue.severity not in ("error", "fatal"):
                continue
            if origin is None:
                issues.append(issue)
                continue
            said = WORDS.message("record-faulty")
            whole = Words(f"{said.vi} {issue.message.vi}", f"{said.en} {issue.message.en}")
            issues.append(Issue(issue.severity, issue.code, origin, Text(whole, {}, said.key)))
    return issues


def _without_nulls(body: dict[str, object]) -> dict[str, object]:
    plain = {name: value for name, value in body.items() if value is not None}
    period = plain.get("period")
    if isinstance(period, dict):
        kept = {name: value for name, value in period.items() if value is not None}
        plain = {**plain, "period": kept} if kept else {
            name: value for name, value in plain.items() if name != "period"
        }  # fmt: skip
    return plain
