"""What a form's page sent: its fields, and the acts that change them without script.

A field that searches sends three texts: the token of what was chosen under the field's own name,
what stands in it now (`find.NAME`) and what stood there when it was drawn (`was.NAME`). Where the
two differ, what was typed counts, not the token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import QueryDict

from lanh.core.text import nfc
from lanh.core.web.services import Entry

PREFIX = "q/"
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_LONGEST = 2_000
_ACTS = frozenset(
    {
        "save",
        "send",
        "check",
        "add",
        "more",
        "remove",
        "clear",
        "find",
        "attach",
        "discard",
        "favour",
        "unfavour",
    }
)


@dataclass(frozen=True, slots=True)
class Received:
    """A page's fields. `act` is what was pressed, `on` its field; `typed` holds what was written
    into fields that search and was not chosen from their lists; `judged` says that the page shows
    all that is to be mended."""

    fields: Mapping[str, list[str]]
    act: str
    on: str
    revision: int
    submission: str
    reason: str
    warned: str | None
    judged: bool = False
    typed: Mapping[str, str] = field(default_factory=dict)

    def entry(self) -> Entry:
        """As the desks take it."""
        add = self.on if self.act in ("add", "more") and self.on.startswith(PREFIX) else ""
        reason = self.reason or self.warned or ""
        warned = self.warned is not None
        return Entry(self.fields, self.revision, self.submission, add, reason, warned)


def read(post: QueryDict) -> Received:
    """The fields of a request."""
    fields = {name: post.getlist(name) for name in post if name.startswith(PREFIX)}
    typed = _settle_searches(post, fields)
    act, _, on = str(post.get("act", "send")).partition(":")
    revision = str(post.get("revision", ""))
    return Received(
        fields,
        act if act in _ACTS else "save",
        on,
        int(revision) if _NUMBER.fullmatch(revision) else 0,
        str(post.get("submission", ""))[:200],
        nfc(str(post.get("reason", "")))[:_LONGEST].strip(),
        nfc(str(post["warned"]))[:_LONGEST].strip() if "warned" in post else None,
        "judged" in post,
        typed,
    )


def _settle_searches(post: QueryDict, fields: dict[str, list[str]]) -> dict[str, str]:
    """Take tokens away whose words were changed; gives what was typed in their place."""
    typed: dict[str, str] = {}
    for key in post:
        if not key.startswith("find."):
            continue
        name = key.removeprefix("find.")
        if not name.startswith(PREFIX):
            continue
        text = nfc(str(post[key])).strip()[:500]
        picked = str(post.get(f"pick.{name}", ""))
        # The token is the last of the field's values; boxes of several answers come before it.
        own = str(post.get(name, ""))
        held = [value for value in post.getlist(name)[:-1] if value]
        if picked:
            fields[name] = [*held, picked]
        elif not own or text != nfc(str(post.get(f"was.{name}", ""))).strip():
            fields[name] = held
            if text:
                typed[name] = text
        if text and not own and not picked and f"free.{name}" in post:
            typed.pop(name, None)
            fields[f"{name}#other"] = [text]
    return typed


def changed(received: Received) -> dict[str, list[str]]:
    """The fields after an act that removes or clears something."""
    fields = dict(received.fields)
    if not received.on.startswith(PREFIX):
        return fields
    if received.act in ("remove", "clear"):
        below = re.compile(re.escape(received.on) + r"(?:$|[/#])")
        fields = {name: held for name, held in fields.items() if not below.match(name)}
    return fields


def with_typed(received: Received, fields: dict[str, list[str]]) -> dict[str, list[str]]:
    """The fields with what was typed and not chosen, so that it is told as a fault."""
    made = dict(fields)
    for name, text in received.typed.items():
        made[name] = [*made.get(name, ()), text]
    return made
