"""Settle a message: records, audit, feed, unresolved references and receipt in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lanh.core import access, audit, fhir, store
from lanh.core.access import Access
from lanh.core.bus import attempts, ledger
from lanh.core.bus.causes import causes_of
from lanh.core.bus.ledger import PartRow, Taken
from lanh.core.bus.merging import faults, merge
from lanh.core.bus.overtaking import left_out, overtaken
from lanh.core.bus.placing import Placed, Scene, identifier_names, place
from lanh.core.bus.port import Draft, Judged, Part, Sender
from lanh.core.bus.words import as_json, issue
from lanh.core.database import Plan

_ACCEPTED = ("created", "updated", "unchanged", "deleted", "kept")


class PartsRefused(Exception):
    """Parts turned out to be unwritable: the transaction is rolled back and tried without them."""

    def __init__(self, issues: dict[int, list[fhir.Issue]]) -> None:
        super().__init__(f"parts {sorted(issues)} were refused")
        self.issues = issues


@dataclass(frozen=True, slots=True)
class Ports:
    """What the bus needs from elsewhere.

    `source` is put before the receipt id in meta.source. `sensitivity` tells the sensitivity of a
    resource, `tags` the (system, code) tags of what a sender sends.
    """

    store: store.Store
    source: str
    unresolved_extension: str | None = None
    sensitivity: Callable[[dict[str, Any]], str] = lambda _: ""
    tags: Callable[[Access], tuple[tuple[str, str], ...]] = lambda _: ()


def settle(
    ports: Ports, taken: Taken, judged: Judged, group: int | None = None
) -> Plan[str | None]:
    """Write what can be taken and give the message its final state, all in this transaction.

    With `group`, settles only the parts of that group and leaves the message waiting. Returns the
    state, or None where somebody else has settled it. Changes the drafts of `judged`. Raises
    PartsRefused where drafts cannot be placed or the store refuses one.
    """
    waiting, behind = yield from ledger.lock(taken.id)
    if not waiting:
        return None
    if behind:
        yield from attempts.wait(taken.id)
        return "received"
    sender = taken.submission.sender
    facility = judged.facility or sender.facility
    if judged.facility is not None and judged.facility not in sender.facilities:
        judged.issues.append(
            issue("other-facility", "forbidden", facility=judged.facility[:40],
                  own=", ".join(sorted(sender.facilities)) or "–")
        )  # fmt: skip
    if judged.refused:
        state = yield from _refuse(taken, judged, "refused")
        return state
    replaced, stale = None, None
    if judged.key is not None:
        replaced, stale = yield from _take_key(taken, judged, facility)
    if stale is not None:
        judged.issues.append(stale)
        state = yield from _refuse(taken, judged, "conflict")
        return state
    done = yield from ledger.kept_parts(taken.id)
    _refuse_dependents(judged.parts, sender, done)
    parts = [
        part for part in judged.parts if part.index not in done and group in (None, part.group)
    ]
    context = store.Context(
        access=sender.access,
        source=ports.source + taken.id,
        custodian=facility,
        commune=sender.facilities.get(facility) if facility else None,
        tags=ports.tags(sender.access),
    )
    yield from _write(ports, taken, judged.parts, parts, context)
    if group is not None:
        return "received"
    state = yield from _finish(ports, taken, judged, replaced, context)
    return state


def _refuse(taken: Taken, judged: Judged, state: str) -> Plan[str]:
    rows = [_row(part, "refused", None, []) for part in judged.parts]
    known = yield from ledger.kept_parts(taken.id)
    yield from ledger.keep_parts(taken.id, [row for row in rows if row.index not in known])
    counts = {"refused": len(rows)} if rows else {}
    yield from ledger.finish(
        taken.id, state, as_json(judged.issues), counts, key=_key(taken, judged),
        causes=causes_of(judged), made_at=judged.made_at,
    )  # fmt: skip
    yield from _account(taken, state)
    return state


def _key(taken: Taken, judged: Judged) -> str | None:
    """Keys are unique within a client, or, where messages replace each other, a facility."""
    if judged.key is None:
        return None
    sender = taken.submission.sender
    return f"{sender.owner if judged.replaces else sender.client}\n{judged.key}"


def _take_key(
    taken: Taken, judged: Judged, facility: str | None
) -> Plan[tuple[str | None, fhir.Issue | None]]:
    """(the message that this one replaces, or why it cannot be taken)."""
    holder = yield from ledger.key_holder(taken.submission.format, _key(taken, judged) or "")
    if holder is None:
        return None, None
    if holder[0] in taken.family:
        return holder[0], None
    if not judged.replaces:
        return None, issue("key-taken", "conflict", first=holder[0])
    if holder[1] > taken.number:
        return None, issue("superseded", "conflict", later=holder[0])
    return holder[0], None


def _refuse_dependents(parts: Sequence[Part], sender: Sender, done: dict[int, str]) -> None:
    """Carry refusals over: missing rights, groups that stand or fall together, needed groups."""
    lacking: dict[tuple[str, str], str | None] = {}
    for part in parts:
        if part.index in done or part.refused:
            continue
        for draft in part.drafts:
            asked = (draft.interaction, draft.type)
            if asked not in lacking:
                lacking[asked] = _lacks(sender.access, draft)
            right = lacking[asked]
            if right is not None:
                part.issues.append(
                    issue("not-granted", "forbidden", draft.type, type=draft.type, right=right)
                )
                break
    fallen = {part.group for part in parts if part.refused}
    fallen |= {part.group for part in parts if done.get(part.index) == "refused"}
    changed = True
    while changed:
        more = {part.group for part in parts if part.needs & fallen} - fallen
        fallen |= more
        changed = bool(more)
    for part in parts:
        if part.group in fallen and not part.refused:
            key = "group-refused" if not part.needs & fallen else "needed-refused"
            part.issues.append(issue(key, "processing"))


def _lacks(rights: Access, draft: Draft) -> str | None:
    needed = ("create", "update") if draft.interaction == "update" else (draft.interaction,)
    if any(access.permitted(rights, right, draft.type) for right in needed):  # type: ignore[arg-type]
        return None
    return needed[0]


def _write(
    ports: Ports, taken: Taken, every: Sequence[Part], parts: Sequence[Part], context: store.Context
) -> Plan[None]:
    scene = Scene(
        taken.root, context.custodian or taken.submission.sender.client, context, ports.store,
        ports.unresolved_extension,
    )  # fmt: skip
    standing = [part for part in every if not part.refused]
    yield from place(scene, standing)
    chosen = {part.index for part in parts}
    fallen = {part.index: _errors(part) for part in standing if part.refused}
    if fallen:
        raise PartsRefused(fallen)
    found = {item.part.index: item for item in scene.placed if item.found}
    items = [i for i in scene.placed if i.part.index in chosen and not i.found]
    later: dict[tuple[str, str], str] = {}
    if taken.attempts and context.source is not None:
        later = yield from overtaken(
            items, ports.store, ports.source + taken.root,
            {ports.source + each for each in taken.family},
        )  # fmt: skip
        items = left_out(items, later)
    items = yield from merge(items, ports.store, context.custodian, later)
    for item in items:
        if item.draft.mode == "merge" and (wrong := faults(item)):
            raise PartsRefused({item.part.index: wrong})
    outcomes = yield from _store(ports, items, context, later)
    records: dict[int, list[str]] = {}
    for item in scene.placed:
        if not item.draft.kept:
            records.setdefault(item.part.index, []).append(f"{item.key[0]}/{item.key[1]}")
    rows = [
        _outcome(part, outcomes.get(part.index, []), found.get(part.index), records)
        for part in parts
    ]
    yield from ledger.keep_parts(taken.id, rows)
    yield from _references(taken, scene, items, chosen)


def _errors(part: Part) -> list[fhir.Issue]:
    return [found for found in part.issues if found.severity in ("error", "fatal")]


def _store(
    ports: Ports,
    items: Sequence[Placed],
    context: store.Context,
    later: Mapping[tuple[str, str], str],
) -> Plan[dict[int, list[store.Outcome]]]:
    """Write the drafts; what was laid under a later message's words stays under its name."""
    contexts = {source: replace(context, source=source) for source in later.values()}
    writes = [
        (_as_write(ports, item), contexts.get(later.get(item.key, ""), context)) for item in items
    ]
    try:
        outcomes = (yield from ports.store.write_each(writes)) if writes else []
    except store.StoreError as error:
        if error.index is None or error.index >= len(items):
            raise
        refused = items[error.index].part.index
        raise PartsRefused({refused: list(error.issues)}) from error
    found: dict[int, list[store.Outcome]] = {}
    for item, outcome in zip(items, outcomes, strict=True):
        found.setdefault(item.part.index, []).append(outcome)
    return found


def _as_write(ports: Ports, item: Placed) -> store.Write:
    draft, (kind, name) = item.draft, item.key
    if draft.interaction == "delete" or draft.body is None:
        return store.Write("delete", kind, name, if_match=draft.if_match)
    body = {**draft.body, "id": name}
    # A server's id is the same when a message is taken up again, so a create is an update too.
    return store.Write(
        "update", kind, name, body, if_match=draft.if_match, sensitivity=ports.sensitivity(body)
    )


def _outcome(
    part: Part,
    outcomes: Sequence[store.Outcome],
    found: Placed | None,
    records: dict[int, list[str]],
) -> PartRow:
    drafted = records.get(part.index, [])
    if part.refused:
        kept = [f"{draft.type}/{draft.id}" for draft in part.drafts if draft.settled]
        return _row(part, "refused", None, kept)
    if outcomes:
        first = outcomes[0]
        changed = [outcome.status for outcome in outcomes if outcome.status != "unchanged"]
        status = first.status if first.status != "unchanged" or not changed else "updated"
        location = f"{first.type}/{first.id}/_history/{first.version}"
        return _row(part, status, location, drafted)
    if found is not None:
        return _row(part, "unchanged", f"{found.key[0]}/{found.key[1]}", [])
    return _row(part, "unchanged" if part.drafts else "kept", None, drafted)


def _row(part: Part, outcome: str, location: str | None, records: list[str]) -> PartRow:
    return PartRow(
        part.index, part.type, part.source_id, outcome, location, records, as_json(part.issues)
    )


def _references(
    taken: Taken, scene: Scene, items: Sequence[Placed], chosen: set[int]
) -> Plan[None]:
    yield from ledger.keep_unresolved(
        taken.id, [row for row in scene.unresolved if row[0] in chosen]
    )
    targets = [f"{kind}/{name}" for kind, name in (item.key for item in items)]
    for item in items:
        targets += identifier_names(item.key[0], item.draft.body)
    yield from ledger.resolve(taken.id, targets)


def _finish(
    ports: Ports, taken: Taken, judged: Judged, replaced: str | None, context: store.Context
) -> Plan[str]:
    outcomes = list((yield from ledger.kept_parts(taken.id)).values())
    refused = sum(outcome == "refused" for outcome in outcomes)
    if refused and refused == len(outcomes):
        state = "refused"
    elif refused:
        state = "accepted-in-part"
    else:
        state = "accepted"
    holds = state != "refused" and judged.key is not None
    if replaced is not None and holds:
        yield from _replace(ports, taken, replaced, context)
    yield from ledger.finish(
        taken.id, state, as_json(judged.issues), ledger.counted(outcomes),
        key=_key(taken, judged), holds_key=holds, causes=causes_of(judged) if refused else (),
        made_at=judged.made_at,
    )  # fmt: skip
    yield from _account(taken, state)
    return state


def _replace(ports: Ports, taken: Taken, replaced: str, context: store.Context) -> Plan[None]:
    """Delete what the replaced message had made and this one does not speak of."""
    before = yield from ledger.let_go(replaced)
    now = yield from ledger.records_of(taken.id)
    gone = [name.split("/", 1) for name in before if name not in now]
    rows = yield from ports.store.read_many([(kind, name) for kind, name in gone], context)
    deletes = [store.Write("delete", row.type, row.id) for row in rows if not row.deleted]
    if deletes:
        yield from ports.store.write(deletes, context)


def _account(taken: Taken, state: str) -> Plan[None]:
    entry = audit.Entry.of(
        taken.submission.sender.access,
        "receive",
        id=taken.id,
        detail=taken.submission.format,
        outcome="ok" if state.startswith("accepted") else state,
    )
    yield from audit.append([entry])


def hold(taken: Taken, fault: str | None = None) -> Plan[None]:
    """Stop trying a message that could not be settled for reasons of ours; it waits for a replay.

    Nothing where somebody else has settled it.
    """
    waiting, _ = yield from ledger.lock(taken.id)
    if not waiting:
        return
    ours = Judged(issues=[issue("judging-failed", "exception", severity="fatal")])
    causes = [f"judging-failed {fault or taken.fault or 'cut-off'}"]
    yield from ledger.finish(taken.id, "held", as_json(ours.issues), {}, causes=causes)
    yield from _account(taken, "held")
