"""What the references of a transaction mean: entries of the bundle, conditions, versions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from lanh.core import fhir
from lanh.core.database import Plan
from lanh.core.store.engine import Store
from lanh.core.store.errors import Invalid, PreconditionFailed
from lanh.core.store.layout import NUMBERS, layout
from lanh.core.store.query import split_token, split_values
from lanh.core.store.records import Context
from lanh.core.store.transaction.entries import Entry, Pairs

_REST = re.compile(r"https?://.+/(?P<type>[A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})")
_PIN = "http://hl7.org/fhir/StructureDefinition/resolve-as-version-specific"


@dataclass(slots=True)
class Links:
    """What texts of links stand for: "Type/id", or an entry that has no id yet."""

    texts: dict[str, str] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    unresolved: list[tuple[int, str]] = field(default_factory=list)

    def target(self, text: str) -> str | None:
        """What a link is to be replaced by; None to keep it."""
        found = self.texts.get(text)
        if found is None and text in self.entries and self.entries[text].id is not None:
            entry = self.entries[text]
            found = f"{entry.type}/{entry.id}"
        return found

    def add(self, entry: Entry) -> None:
        """Let the entry's fullUrl, and the REST address in it, stand for its row."""
        if entry.id is None or entry.full_url is None or entry.method not in ("POST", "PUT"):
            return
        target = f"{entry.type}/{entry.id}"
        self.texts[entry.full_url] = target
        rest = _REST.fullmatch(entry.full_url)
        if rest is not None:
            self.texts.setdefault(f"{rest['type']}/{rest['id']}", target)


def rewritten(entries: Sequence[Entry]) -> list[tuple[Entry, dict[str, Any]]]:
    """The entries whose resources are written by this transaction, with those resources."""
    return [
        (entry, entry.resource)
        for entry in entries
        if entry.resource is not None and entry.outcome is None and entry.same_as is None
    ]


def find_conditional(
    store: Store, entries: Sequence[Entry], context: Context, *, keep: bool
) -> Plan[Links]:
    """Settle the conditional references (`Patient?identifier=…`) of all entries.

    A condition means what it finds among the rows, and among the entries of this transaction that
    bear the identifier it names; together exactly one. Raises PreconditionFailed, or where `keep`
    leaves those without any as they are.
    """
    links = Links()
    asked: dict[tuple[str, Pairs], list[tuple[Entry, str]]] = {}
    for entry, _ in rewritten(entries):
        for reference in entry.references:
            text = reference["reference"]
            kind, mark, query = text.partition("?")
            if mark and kind in NUMBERS:
                pairs = tuple(parse_qsl(query, keep_blank_values=True))
                asked.setdefault((kind, pairs), []).append((entry, text))
    if not asked:
        return links
    found = yield from store.find_all(list(asked), context)
    leaving = {(e.type, e.id) for e in entries if e.method == "DELETE"}
    for (kind, pairs), places in asked.items():
        rows = {row.id for row in found[kind, pairs] if (kind, row.id) not in leaving}
        made = _bearers(entries, kind, pairs, rows)
        count = len(rows) + len(made)
        if count == 1:
            for _, text in places:
                if made:
                    links.entries[text] = made[0]
                else:
                    links.texts[text] = f"{kind}/{next(iter(rows))}"
        elif count > 1 or not keep:
            raise PreconditionFailed.because(
                "reference_condition",
                reference=places[0][1],
                found=count,
                index=places[0][0].index,
            )
        else:
            links.unresolved += [(entry.index, text) for entry, text in places]
    return links


def _bearers(entries: Sequence[Entry], kind: str, pairs: Pairs, rows: set[str]) -> list[Entry]:
    """The entries to be written that bear the one identifier that a condition names."""
    if len(pairs) != 1 or pairs[0][0] != "identifier" or len(split_values(pairs[0][1])) != 1:
        return []
    system, value = split_token(pairs[0][1])
    found = []
    for entry, resource in rewritten(entries):
        if entry.type != kind or entry.method not in ("POST", "PUT") or entry.id in rows:
            continue
        given = resource.get("identifier")
        listed = given if isinstance(given, list) else [given]
        if any(
            isinstance(each, dict)
            and each.get("value") == value
            and system in (None, each.get("system", ""))
            for each in listed
        ):
            found.append(entry)
    return found


def give_ids(store: Store, entries: Sequence[Entry], links: Links) -> None:
    """Ids for what is created, and what each fullUrl stands for then.

    An id carries the bucket of its patient, so patients and what concerns none come first.
    """
    created: dict[tuple[str, Pairs], Entry] = {}
    later: list[Entry] = []
    for entry in entries:
        if entry.method == "POST" and entry.condition is not None and entry.id is None:
            first = created.setdefault(entry.condition, entry)
            if first is not entry:  # the same condition twice in one bundle: one row
                entry.same_as = first
                later.append(entry)
                continue
        if entry.method in ("POST", "PUT") and entry.id is None:
            if not layout(entry.type).own_key:
                later.append(entry)
                continue
            entry.id, entry.fresh = store.new_id(entry.type, None), True
        links.add(entry)
    for entry in later:
        if entry.same_as is None and entry.resource is not None:
            patient = fhir.patient_of(entry.resource, links.target)
            entry.id, entry.fresh = store.new_id(entry.type, patient), True
            links.add(entry)
    for entry in later:
        if entry.same_as is not None:
            entry.id = entry.same_as.id
            links.add(entry)


def rewrite(entries: Sequence[Entry], links: Links, *, keep: bool) -> None:
    """Point every link at the row it means. Raises Invalid where a urn means no entry."""
    for entry, resource in rewritten(entries):
        fhir.rewrite_links(resource, links.target)
        for reference in entry.references:
            text = reference["reference"]
            if text.startswith(("urn:uuid:", "urn:oid:")):
                if not keep:
                    raise Invalid.because("reference_unresolved", reference=text, index=entry.index)
                links.unresolved.append((entry.index, text))


def pinned(entry: Entry, texts: dict[str, Entry]) -> list[dict[str, Any]]:
    """The references of an entry that are to name a version.

    Those that bear the extension resolve-as-version-specific, and those that name the very version
    that an entry of the bundle came as.
    """
    if entry.resource is None or entry.outcome is not None:
        return []
    found = []
    for reference in entry.references:
        text, mark, version = reference["reference"].partition("/_history/")
        extensions = reference.get("extension")
        asks = isinstance(extensions, list) and any(
            isinstance(each, dict) and each.get("url") == _PIN and each.get("valueBoolean") is True
            for each in extensions
        )
        target = texts.get(text)
        came_as = ((target.resource or {}).get("meta") or {}).get("versionId") if target else None
        if (asks and not mark) or (mark and target is not None and came_as == version):
            found.append(reference)
    return found


def pin(
    store: Store,
    references: Sequence[tuple[Entry, dict[str, Any]]],
    entries: Sequence[Entry],
    context: Context,
) -> Plan[None]:
    """Add to each reference the version that its target has after what is written so far.

    An entry that is created has version 1, also where it is not written yet. Raises Invalid where
    the target is not there, or where two entries name each other's new version.
    """
    known: dict[str, int] = {}
    waiting: set[str] = set()
    for entry in entries:
        target = f"{entry.type}/{entry.id}"
        if entry.outcome is not None:
            known[target] = entry.outcome.version
        elif entry.fresh:
            known[target] = 1
        elif entry.method in ("PUT", "PATCH"):
            waiting.add(target)
    for entry, reference in references:
        target = reference["reference"].partition("/_history/")[0]
        row = fhir.parse_reference(target)
        if target not in known and target not in waiting and row is not None:
            rows = yield from store.read_many([row], context)
            known.update((target, each.version) for each in rows if not each.deleted)
        if target not in known:
            raise Invalid.because("reference_unresolved", reference=target, index=entry.index)
        reference["reference"] = f"{target}/_history/{known[target]}"
        left = [e for e in reference.get("extension") or () if e.get("url") != _PIN]
        if left:
            reference["extension"] = left
        else:
            reference.pop("extension", None)
