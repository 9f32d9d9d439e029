"""Give the drafts of a message their ids, and its references the ids of their targets.

A client's own id is kept where it is free or already the sender's, else one is derived from
(owner, type, id): two hospitals may both have a "Patient/1", and neither may touch the other's or
be taken for it. The server's ids follow from receipt and place, so that a message taken up again
after a crash makes the same records.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from lanh.core import fhir, store
from lanh.core.access import DIRECTORY_TYPES, system_access
from lanh.core.bus import ledger
from lanh.core.bus.identity import derived_id, is_unique_by_itself
from lanh.core.bus.port import Draft, Part
from lanh.core.bus.words import issue
from lanh.core.database import Plan

Key = tuple[str, str]

_CONDITION = re.compile(r"([A-Z][A-Za-z]+)\?(.+)", re.DOTALL)
_SHARED_TYPES = DIRECTORY_TYPES | {"Practitioner", "PractitionerRole"}
_PLATFORM = store.Context(system_access("bus"))


@dataclass(slots=True)
class Placed:
    """A draft with its final id; `found` says that a condition found a record already there."""

    part: Part
    draft: Draft
    key: Key
    found: bool = False


@dataclass(slots=True)
class Scene:
    """One message being placed. `owner` is whose id space it is in: facility code or client id."""

    receipt: str
    owner: str
    context: store.Context
    store: store.Store
    unresolved_extension: str | None = None
    placed: list[Placed] = field(default_factory=list)
    names: dict[str, Key] = field(default_factory=dict)
    """What references of this message may call a draft: fullUrl, urn, "Type/id" as sent."""
    unresolved: list[tuple[int, str, str, str]] = field(default_factory=list)

    def is_mine(self, owner: str | None) -> bool:
        """Whether an id that `owner` first wrote is the sender's own."""
        return owner in (self.owner, self.context.custodian)


def place(scene: Scene, parts: Sequence[Part]) -> Plan[None]:
    """Settle ids and references of all drafts; a part that cannot be placed gets an issue."""
    everything = [(part, draft) for part in parts for draft in part.drafts]
    owners = yield from _owners(scene, [draft for _, draft in everything])
    counters: dict[int, int] = {}
    for part, draft in everything:
        number = counters[part.index] = counters.get(part.index, -1) + 1
        found, name = yield from _identify(scene, part, draft, number, owners)
        if name is None:
            continue
        key = (draft.type, name)
        scene.placed.append(Placed(part, draft, key, found))
        for alias in draft.aliases:
            scene.names[alias] = key
        if draft.id is not None and not draft.settled:
            scene.names[f"{draft.type}/{draft.id}"] = key
    yield from _refer(scene)


def _owners(scene: Scene, drafts: Sequence[Draft]) -> Plan[dict[Key, str | None]]:
    """Whose the ids are that the sender chose; its own claims on free short ids are made here."""
    chosen = list({(d.type, d.id) for d in drafts if d.id is not None and not d.settled})
    owners: dict[Key, str | None] = {}
    if not chosen:
        return owners
    owners = dict((yield from scene.store.owners(chosen)))
    free = [key for key in chosen if key not in owners and not is_unique_by_itself(key[1])]
    owners |= yield from ledger.claim_short_ids(free, scene.owner)
    return owners


def _identify(
    scene: Scene, part: Part, draft: Draft, number: int, owners: dict[Key, str | None]
) -> Plan[tuple[bool, str | None]]:
    """(whether a record was found, the id); (False, None) where the draft is not written."""
    condition = draft.if_none_exist or draft.condition
    if condition is not None:
        try:
            pairs = parse_qsl(condition, keep_blank_values=True, max_num_fields=50)
            matches = yield from scene.store.matching(draft.type, pairs, scene.context)
        except (store.StoreError, ValueError) as error:
            part.issues.append(_refusal(error, draft.type))
            return False, None
        if len(matches) > 1:
            part.issues.append(
                issue("several-match", "multiple-matches", draft.type, condition=condition)
            )
            return False, None
        if matches:
            return draft.if_none_exist is not None, matches[0].id
        if draft.interaction == "delete":
            return False, None
    if draft.id is None:
        return False, derived_id(scene.receipt, str(part.index), str(number))
    if draft.settled or scene.is_mine(owners.get((draft.type, draft.id), scene.owner)):
        return False, draft.id
    return False, derived_id(scene.owner, draft.type, draft.id)


def _refusal(error: Exception, expression: str) -> fhir.Issue:
    if isinstance(error, store.StoreError) and error.issues:
        return error.issues[0]
    return issue("condition-unreadable", "invalid", expression)


def _refer(scene: Scene) -> Plan[None]:
    """Rewrite every reference of the drafts, and list those whose target is not here."""
    written = {item.key for item in scene.placed}
    texts: dict[str, None] = {}
    for item in scene.placed:
        for _, reference in fhir.references(item.draft.body or {}):
            texts.setdefault(reference["reference"])
    wanted = [text for text in texts if text not in scene.names and not text.startswith("#")]
    relative = {text: key for text in wanted if (key := fhir.parse_reference(text))}
    targets, missing = yield from _targets(scene, relative, written)
    found, problems = yield from _conditions(scene, [t for t in wanted if _CONDITION.fullmatch(t)])
    for text, key in {**scene.names, **targets, **found}.items():
        targets[text] = key
    for text in wanted:
        if text.startswith(("urn:uuid:", "urn:oid:")) and text not in targets:
            missing.add(text)

    def mapping(text: str) -> str | None:
        key = targets.get(text)
        if key is None:
            return None
        if relative.get(text) == key:
            return None  # the same record: a version in the reference stays
        return f"{key[0]}/{key[1]}"

    for item in scene.placed:
        body = item.draft.body
        if body is None or item.found:
            continue
        _note(scene, item, targets, missing, problems)
        fhir.rewrite_references(body, mapping)


def _note(
    scene: Scene,
    item: Placed,
    targets: dict[str, Key],
    missing: set[str],
    problems: dict[str, fhir.Issue],
) -> None:
    source = f"{item.key[0]}/{item.key[1]}"
    for path, reference in fhir.references(item.draft.body or {}):
        text = reference["reference"]
        at = _path(item.key[0], path)
        if text in problems:
            problem = problems[text]
            item.part.issues.append(fhir.Issue(problem.severity, problem.code, at, problem.message))
        elif _CONDITION.fullmatch(text) and text not in targets:
            target = _logical(reference, scene.unresolved_extension)
            scene.unresolved.append((item.part.index, source, at, target))
        elif text in missing:
            key = targets.get(text)
            target = f"{key[0]}/{key[1]}" if key else text
            scene.unresolved.append((item.part.index, source, at, target))


def _path(kind: str, path: tuple[str | int, ...]) -> str:
    return kind + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def _logical(reference: dict[str, Any], extension: str | None) -> str:
    """Turn a conditional reference that finds nothing into one by identifier, in place."""
    kind, query = reference.pop("reference").split("?", 1)
    pairs = parse_qsl(query)
    system, bar, value = pairs[0][1].partition("|") if pairs else ("", "", "")
    if len(pairs) == 1 and pairs[0][0] == "identifier" and bar and value:
        reference.setdefault("type", kind)
        reference.setdefault("identifier", {"system": system, "value": value} if system
                             else {"value": value})  # fmt: skip
        target = f"{kind}?{system}|{value}"
    else:
        reference.setdefault("type", kind)
        reference.setdefault("display", query)
        target = f"{kind}?{query}"
    if extension is not None:
        reference.setdefault("extension", []).append({"url": extension, "valueString": target})
    return target


def _targets(
    scene: Scene, relative: dict[str, Key], written: set[Key]
) -> Plan[tuple[dict[str, Key], set[str]]]:
    """What each "Type/id" of another message means, and which of them are not here."""
    asked = {key for key in relative.values() if key not in written}
    copies = {key: (key[0], derived_id(scene.owner, *key)) for key in asked}
    owners = yield from scene.store.owners([*asked, *copies.values()])
    unknown = [key for key in asked if key not in owners]
    rows = yield from scene.store.read_many(unknown, _PLATFORM)
    here = {(row.type, row.id) for row in rows}
    free = [key for key in unknown if key not in here and not is_unique_by_itself(key[1])]
    short = yield from ledger.claim_short_ids(free, scene.owner)
    targets: dict[str, Key] = {}
    missing: set[str] = set()
    for text, key in relative.items():
        if key in written:
            continue
        if copies[key] in owners:
            targets[text] = copies[key]
        elif key in owners or key in here:
            mine = key in here or scene.is_mine(owners[key])
            if mine or key[0] in _SHARED_TYPES or is_unique_by_itself(key[1]):
                targets[text] = key
            else:
                targets[text] = copies[key]
                missing.add(text)
        else:
            other = short.get(key, scene.owner) != scene.owner
            targets[text] = copies[key] if other else key
            missing.add(text)
    return targets, missing


def _conditions(
    scene: Scene, texts: Sequence[str]
) -> Plan[tuple[dict[str, Key], dict[str, fhir.Issue]]]:
    """The records that conditional references ("Type?query") mean, and what is wrong with some."""
    if not texts:
        return {}, {}
    own = _identifiers(scene.placed)
    found: dict[str, Key] = {}
    problems: dict[str, fhir.Issue] = {}
    for text in texts:
        kind, query = text.split("?", 1)
        keys = own.get(text.replace("%7C", "|").replace("%7c", "|"), set())
        if not keys:
            try:
                pairs = parse_qsl(query, max_num_fields=50)
                search, _ = yield from scene.store.parse(kind, [*pairs, ("_count", "2")])
                if not search.parameters:
                    raise ValueError(query)
                page = yield from scene.store.search(search, scene.context)
            except (store.StoreError, ValueError) as error:
                problems[text] = _refusal(error, kind)
                continue
            keys = {(row.type, row.id) for row in page.entries}
        if len(keys) > 1:
            problems[text] = issue("several-match", "multiple-matches", kind, condition=query)
        elif keys:
            found[text] = next(iter(keys))
    return found, problems


def _identifiers(placed: Sequence[Placed]) -> dict[str, set[Key]]:
    """Drafts of this message by "Type?identifier=system|value"."""
    found: dict[str, set[Key]] = {}
    for item in placed:
        for name in identifier_names(item.key[0], item.draft.body):
            kind, token = name.split("?", 1)
            found.setdefault(f"{kind}?identifier={token}", set()).add(item.key)
    return found


def identifier_names(kind: str, body: dict[str, Any] | None) -> list[str]:
    """ "Type?system|value" of each identifier of a resource."""
    listed = (body or {}).get("identifier") or []
    listed = listed if isinstance(listed, list) else [listed]
    return [
        f"{kind}?{entry.get('system', '')}|{entry['value']}"
        for entry in listed
        if isinstance(entry, dict) and entry.get("value")
    ]
