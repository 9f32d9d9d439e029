"""Which acknowledgements a message asks for, and their codes (chapter 2.9, tables 0155, 0008).

Original mode (MSH-15 and MSH-16 empty): one application acknowledgement. AA: kept and taken. AE:
something in it is wrong (mend it and send again). AR: not taken here as it stands (type, version,
sender, an id used before).

Enhanced mode (either is valued): an accept acknowledgement as MSH-15 asks, CA, CE or CR, and an
application acknowledgement as MSH-16 asks. Where no application acknowledgement of the refusal
is asked for, the accept acknowledgement tells it, or the sender would never learn of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lanh.connectors.hl7v2.composing import Issue, compose, wrap
from lanh.connectors.hl7v2.reader import Envelope, Message, Unreadable, envelope

MEDIA_TYPE = "x-application/hl7-v2+er7"
_REJECTED = frozenset({"not-supported", "forbidden", "conflict"})


def acknowledge(content: bytes, receipt: Mapping[str, Any]) -> tuple[str, bytes]:
    """(media type, body) for HTTP: the acknowledgements asked for, in one body.

    HTTP answers every request: where none is asked for, that is the accept acknowledgement. A
    batch is answered with a batch.
    """
    found = _read(content)
    asked = _acknowledgements(found, receipt, always=True)
    body = b"".join(asked)
    return MEDIA_TYPE, wrap(found, len(asked), body) if found is not None else body


def answers(content: bytes, receipt: Mapping[str, Any]) -> list[bytes]:
    """The acknowledgements asked for over MLLP, a frame each; none where none is asked for."""
    found = _read(content)
    asked = _acknowledgements(found, receipt, always=False)
    if found is not None and found.is_batch:
        return [wrap(found, len(asked), b"".join(asked))] if asked else []
    return asked


def reject(message: Message | None, code: str, issue: Issue) -> list[bytes]:
    """The answer to a message that was not kept: `code` is "AE" or "AR"; enhanced, CE or CR."""
    if message is None or not _enhanced(message):
        return [compose(message, code, [issue])]
    asked = []
    if _wanted(message.header[15][1], good=False):
        asked.append(compose(message, f"C{code[1]}", [issue]))
    elif _wanted(message.header[16][1], good=False):
        asked.append(compose(message, code, [issue], application=True))
    return asked


def _read(content: bytes) -> Envelope | None:
    try:
        return envelope(content)
    except Unreadable:
        return None


def _acknowledgements(
    found: Envelope | None, receipt: Mapping[str, Any], *, always: bool
) -> list[bytes]:
    whole: list[Issue] = list(receipt["issues"])
    if found is None:
        return [compose(None, _code(receipt["state"], whole), whole, receipt["id"])]
    parts = {part["index"]: part for part in receipt["parts"]}
    asked: list[bytes] = []
    for index, message in enumerate(found.messages):
        part = parts.get(index)
        issues = whole + (list(part["issues"]) if part else [])
        fell = part is not None and part["outcome"] == "refused" and receipt["state"] != "replayed"
        state = "refused" if fell else receipt["state"]
        if part and part["outcome"] != "refused" and state != "received":
            state = "accepted"
        asked += _of_message(message, state, issues, receipt["id"], always=always)
    return asked


def _of_message(
    message: Message, state: str, issues: list[Issue], receipt: str, *, always: bool
) -> list[bytes]:
    code = _code(state, issues)
    if not _enhanced(message):
        return [compose(message, code, issues, receipt)]
    good = code == "AA"
    wants_accept = _wanted(message.header[15][1], good=good)
    wants_application = _wanted(message.header[16][1], good=good)
    # What is kept and not yet settled has no outcome that a second acknowledgement could tell.
    if state == "received" and wants_accept:
        wants_application = False
    asked: list[bytes] = []
    if wants_application:
        if _wanted(message.header[15][1], good=True):
            asked.append(compose(message, "CA", [], receipt))
        asked.append(compose(message, code, issues, receipt, application=True))
    elif wants_accept or always:
        asked.append(compose(message, f"C{code[1]}", issues, receipt))
    return asked


def _enhanced(message: Message) -> bool:
    return bool(message.header[15][1] or message.header[16][1])


def _wanted(condition: str, *, good: bool) -> bool:
    """Table 0155: AL always, NE never, ER on error or reject, SU on success; empty is never."""
    return {"": False, "NE": False, "ER": not good, "SU": good}.get(condition.upper(), True)


def _code(state: str, issues: Sequence[Issue]) -> str:
    if state in ("accepted", "accepted-in-part", "received", "held", "replayed"):
        return "AA"
    errors = {issue["code"] for issue in issues if issue["severity"] in ("error", "fatal")}
    return "AR" if state == "conflict" or errors & _REJECTED else "AE"
