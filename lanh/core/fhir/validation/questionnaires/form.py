"""A Questionnaire itself: conditions that can never be asked (R4 Questionnaire.item.enableWhen)."""

from __future__ import annotations

from lanh.core.fhir.validation.faults import Fault, Faults, shown
from lanh.core.fhir.validation.questionnaires.item import Json, every, rows


def form_faults(questionnaire: Json) -> Faults:
    """Items with several conditions and no word on how they join (que-12, whose published
    expression lets two pass), and conditions on questions below the item itself."""
    faults: Faults = []
    stack: list[tuple[tuple[str | int, ...], Json]] = [
        (("item", n), item) for n, item in enumerate(rows(questionnaire, "item"))
    ]
    while stack:
        path, item = stack.pop()
        conditions = rows(item, "enableWhen")
        if len(conditions) > 1 and "enableBehavior" not in item:
            faults.append(Fault("invariant", "rule-que-12").at(*reversed(path)))
        below = {inner.get("linkId") for inner in every(rows(item, "item"))}
        for number, condition in enumerate(conditions):
            if condition.get("question") in below:
                fault = Fault("invariant", "form-inner", link=shown(condition["question"]))
                faults.append(fault.at(number, "enableWhen", *reversed(path)))
        stack += [((*path, "item", n), one) for n, one in enumerate(rows(item, "item"))]
    return faults
