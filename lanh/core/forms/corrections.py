"""Corrections: a new version with its reason, and what differs from the one before, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from lanh.core.forms.errors import MESSAGES, Refused
from lanh.core.forms.model import Form, Item
from lanh.core.forms.sdc import CORE, Json
from lanh.core.forms.sdc import rows as json_rows
from lanh.core.forms.tree import Node, Tree
from lanh.core.forms.wording import answer_words, row_words
from lanh.core.text import Language, nfc

_REASON = CORE + "questionnaireresponse-reason"
_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Repetition:
    """A row that a difference stands in: its number from 1, its node where the row is given."""

    item: Item
    number: int
    node: Node | None = None

    def say(self, language: Language) -> str:
        """Which row it is, by what is known of it or by its number."""
        known = row_words(self.node, language) if self.node is not None else ""
        return known or f"{self.item.label(language)} {self.number}"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: the question, the repetitions it stands in, before and after as (key,
    value) pairs, and which of the two holds anything."""

    item: Item
    name: str
    rows: tuple[Repetition, ...]
    kind: Literal["added", "removed", "changed"]
    before: tuple[tuple[str, object], ...]
    after: tuple[tuple[str, object], ...]

    def say(self, language: Language) -> str:
        """The difference in one line."""
        question, before, after = self.sides(language)
        parameters = {"question": question, "before": before, "after": after}
        return MESSAGES[f"change-{self.kind}"].say(language, **parameters)

    def sides(self, language: Language) -> tuple[str, str, str]:
        """The question with where it stands, and what it said before and says after."""
        where = "".join(f"{row.say(language)} › " for row in self.rows)
        before, after = (
            "; ".join(answer_words(self.item, *answer, language) for answer in side)
            for side in (self.before, self.after)
        )
        return where + self.item.label(language), before, after


def differences(form: Form, before: Json, after: Json) -> list[Change]:
    """What was added, removed and changed between two responses to a form, in its order.

    Repetitions of a group are matched by what they hold: those that are alike in full first, then
    by their order. Answers are compared as data: another number of decimals is a difference. What
    is hidden is left out: nobody has answered it.
    """
    old, new = Tree(form, before), Tree(form, after)
    old.settle(compute=False)
    new.settle(compute=False)
    return list(_level(old.nodes, new.nodes, ()))


def _level(old: list[Node], new: list[Node], rows: tuple[Repetition, ...]) -> Iterator[Change]:
    for item in _items(old, new):
        if item.hidden:
            continue
        mine = [node for node in old if node.item is item]
        theirs = [node for node in new if node.item is item]
        if item.is_group:
            for one, other in _paired(mine, theirs):
                held = other if other is not None else one
                here = Repetition(item, _number(held), held)
                inside = (*rows, here) if item.repeats else rows
                yield from _level(
                    one.nodes if one is not None else [],
                    other.nodes if other is not None else [],
                    inside,
                )
        else:
            yield from _question(item, mine, theirs, rows)


def _items(old: list[Node], new: list[Node]) -> list[Item]:
    """The items of a level in the order of the form, whichever side has them."""
    items = list({node.item.link_id: node.item for node in new}.values())
    known = {item.link_id for item in items}
    place = 0
    for node in old:
        if node.item.link_id in known:
            place = items.index(node.item) + 1
        else:
            items.insert(place, node.item)
            known.add(node.item.link_id)
            place += 1
    return items


def _number(node: Node | None) -> int:
    text = node.name.rpartition(":")[2] if node is not None else "0"
    return int(text) + 1 if text.isdigit() else 1


def _content(node: Node) -> str:
    return repr([[(a.key, a.value) for a in below.answers] for below in node.every()])


def _paired(old: list[Node], new: list[Node]) -> list[tuple[Node | None, Node | None]]:
    """Repetitions side by side: the same ones, then what is left in order."""
    left = list(new)
    rest: list[Node] = []
    pairs: list[tuple[Node | None, Node | None]] = []
    for node in old:
        same = next((other for other in left if _content(other) == _content(node)), None)
        if same is None:
            rest.append(node)
        else:
            left.remove(same)
            pairs.append((node, same))
    pairs += zip_longest(rest, left)
    return pairs


def _question(
    item: Item, old: list[Node], new: list[Node], rows: tuple[Repetition, ...]
) -> Iterator[Change]:
    held = [node for node in old if node.enabled]
    given = [node for node in new if node.enabled]
    before = tuple((a.key, a.value) for node in held for a in node.answers)
    after = tuple((a.key, a.value) for node in given for a in node.answers)
    if repr(before) != repr(after):
        kind: Literal["added", "removed", "changed"] = (
            "added" if not before else "removed" if not after else "changed"
        )
        name = (given or held)[0].name
        yield Change(item, name, rows, kind, before, after)
    below = zip_longest(
        [a for node in held for a in node.answers], [a for node in given for a in node.answers]
    )
    for number, (one, other) in enumerate(below, 1):
        inside = (*rows, Repetition(item, number)) if item.repeats else rows
        yield from _level(one.nodes if one else [], other.nodes if other else [], inside)


def merged(form: Form, begun: Json, theirs: Json, mine: Json) -> Json:
    """`mine` with what somebody else has changed meanwhile: where I left an answer as it was
    when I began, theirs is taken; where both changed it, mine stays. Repetitions are merged one
    by one where nobody added or removed any, else as a whole."""
    items = _merged(form.items, begun, theirs, mine)
    head = {key: value for key, value in mine.items() if key != "item"}
    return {**head, "item": items} if items else head


def _merged(items: tuple[Item, ...], begun: Json, theirs: Json, mine: Json) -> list[Json]:
    made: list[Json] = []
    for item in items:
        sides = [
            [row for row in json_rows(side, "item") if row.get("linkId") == item.link_id]
            for side in (begun, theirs, mine)
        ]
        first, second, own = sides
        if own == first:
            made += second
        elif item.is_group and len(first) == len(second) == len(own):
            for three in zip(*sides, strict=True):
                inner = _merged(item.items, *three)
                made += [{"linkId": item.link_id, "item": inner}] if inner else []
        else:
            made += own
    return made


def corrected(before: Json, after: Json, reason: str) -> Json:
    """The new version of a response: its id and head, the new items, `amended`, with the reason
    (questionnaireresponse-reason). Raises Refused where no reason is given, or the response was
    not complete, so that there is nothing to correct."""
    text = nfc(reason).strip()
    if not text or len(text) > _LONGEST:
        raise Refused("required", "correction-reason", limit=_LONGEST)
    if before.get("status") not in ("completed", "amended"):
        raise Refused("business-rule", "correction-early")
    kept = {key: value for key, value in before.items() if key not in ("item", "extension", "meta")}
    others = [e for e in before.get("extension", []) if e.get("url") != _REASON]
    extension = {"url": _REASON, "valueCodeableConcept": {"text": text}}
    head = {**kept, "questionnaire": after.get("questionnaire", before.get("questionnaire"))}
    made = {**head, "status": "amended", "extension": [*others, extension]}
    for name in ("authored", "author"):
        if name in after:
            made[name] = after[name]
    return {**made, "item": after["item"]} if after.get("item") else made


def reason_of(response: Json) -> str | None:
    """Why a version was made, where it is a correction."""
    for each in response.get("extension", ()):
        if each.get("url") == _REASON:
            text = each.get("valueCodeableConcept", {}).get("text")
            return text if isinstance(text, str) else None
    return None
