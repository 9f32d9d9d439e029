"""Files that are added to a draft: bounded, of a type that the question takes, kept as Binary."""

from __future__ import annotations

import base64
import hashlib

from lanh.core import forms
from lanh.core.database import Plan
from lanh.core.desks import drafting
from lanh.core.desks.definition import Indexing, Json
from lanh.core.desks.errors import Invalid
from lanh.core.desks.ports import Ports, form_system
from lanh.core.desks.screens import FormScreen, Upload, Visitor
from lanh.core.desks.sending import context_of
from lanh.core.forms import Item, Known, Tree
from lanh.core.store import Write
from lanh.core.text import nfc

MOST_BYTES = 10_000_000
"""Of one file; a question may take less."""

_LONGEST_NAME = 120
_SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
)
_TOLD = frozenset(kind for _, kind in _SIGNS)
# Packages that are zip files by their first bytes.
_ZIPPED = "application/vnd.openxmlformats-officedocument."


def attach(
    ports: Ports, draft_id: str, visitor: Visitor, name: str, upload: Upload, revision: int
) -> Plan[FormScreen]:
    """Keep a file and have it answer the question of a field. Raises Invalid where the field takes
    no file, or not this one."""
    open_ = yield from drafting.lay_open(ports, draft_id, visitor)
    form = open_.form.form
    item = _question(form, name)
    kind = check(item, upload)
    context = context_of(
        ports, visitor, Indexing(), f"{form_system(open_.desk.key, open_.form.key)}:{draft_id}"
    )
    body: Json = {
        "resourceType": "Binary",
        "contentType": kind,
        "data": base64.b64encode(upload.content).decode(),
    }
    outcomes = yield from ports.store.write([Write("create", "Binary", body=body)], context)
    title = nfc(upload.name).replace("\\", "/").rpartition("/")[2].strip()[:_LONGEST_NAME]
    attachment: Json = {
        "contentType": kind,
        "url": f"Binary/{outcomes[0].id}",
        "size": len(upload.content),
        "hash": base64.b64encode(hashlib.sha1(upload.content, usedforsecurity=False).digest())
        .decode(),
        "title": title,
    }  # fmt: skip
    prior = Tree(form, open_.response)
    prior.settle(open_.contexts)
    fields = forms.field_texts(prior, visitor.language)
    fields[name] = [attachment["url"]]
    seen = yield from drafting.known_of(ports, open_.form, fields, open_.response, visitor)
    known = Known(seen.codes, {**seen.files, attachment["url"]: attachment}, seen.names)
    received = forms.read_fields(
        form, fields, language=visitor.language, prior=open_.response, known=known
    )
    received.tree.settle(open_.contexts)
    open_ = yield from drafting.keep(open_, received.response, revision, open_.reason)
    screen = yield from drafting.shown(open_, received.tree, visitor)
    return screen


def _question(form: forms.Form, name: str) -> Item:
    last = name.rpartition("/")[2].partition(":")[0]
    item = next((i for i in form.every() if forms.segment(i.link_id) == last), None)
    if item is None or item.type != "attachment" or item.kept:
        raise Invalid.because("file-question")
    return item


def check(item: Item, upload: Upload) -> str:
    """The type of a file that a question takes. Raises Invalid."""
    limit = min(item.bounds.most_bytes or MOST_BYTES, MOST_BYTES)
    size = len(upload.content)
    if not size:
        raise Invalid.because("file-empty")
    if size > limit:
        raise Invalid.because("file-large", count=size, limit=limit)
    claimed = upload.content_type.partition(";")[0].strip().lower()
    told = next((kind for sign, kind in _SIGNS if upload.content.startswith(sign)), None)
    zipped = told == "application/zip" and claimed.startswith(_ZIPPED)
    if (not zipped and (told or claimed) != claimed) or (claimed in _TOLD and told is None):
        raise Invalid.because("file-pretends", got=claimed or "?")
    allowed = item.bounds.media_types or ("application/pdf", "image/jpeg", "image/png")
    if not any(_fits(claimed, each) for each in allowed):
        raise Invalid.because("file-type", got=claimed or "?", types=", ".join(allowed))
    return claimed


def _fits(kind: str, allowed: str) -> bool:
    return kind == allowed or (allowed.endswith("/*") and kind.startswith(allowed[:-1]))
