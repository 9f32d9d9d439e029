"""The registry's answer to a message, read safely: bounded, without entities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lxml import etree

LARGEST = 65_536
NAMESPACE = "urn:lanh:exchange:civil-registry-answer:1"
_STATES = ("received", "accepted", "refused")


class AnswerUnreadable(ValueError):
    """The bytes are no answer of the exchange."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the registry says of a message: `number` of the registration, or why it refuses."""

    message: str
    state: Literal["received", "accepted", "refused"]
    number: str = ""
    reason: str = ""


def read_answer(content: bytes) -> Answer:
    """The answer of an XML document. Raises AnswerUnreadable."""
    if len(content) > LARGEST:
        raise AnswerUnreadable("too large")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise AnswerUnreadable("not XML") from None
    if root.tag != f"{{{NAMESPACE}}}Answer":
        raise AnswerUnreadable("not an Answer")
    message, state = root.get("message"), root.get("state")
    if not message or state not in _STATES:
        raise AnswerUnreadable("without message or state")
    registration, reason = root.find("{*}Registration"), root.find("{*}Reason")
    number = registration.get("number", "") if registration is not None else ""
    words = ""
    if reason is not None:
        words = ": ".join(part for part in (reason.get("code"), reason.text) if part)
    return Answer(message, state, number[:100], words[:1000])  # type: ignore[arg-type]
