"""A QuestionnaireResponse against its Questionnaire: which items stand where, and how often."""

from __future__ import annotations

from typing import Any, TypeAlias

from lanh.core.fhir.validation.faults import Fault, Faults, shown
from lanh.core.fhir.validation.questionnaires.enabling import Level, enabled
from lanh.core.fhir.validation.questionnaires.item import (
    STRUCTURAL,
    Json,
    answers_of,
    every,
    extension,
    rows,
)
from lanh.core.fhir.validation.questionnaires.values import Values, answer_faults

Path: TypeAlias = "tuple[str | int, ...]"
# A form with more nesting than this is not judged deeper: none that people fill in has it.
_DEPTH = 40


def response_faults(response: Json, questionnaire: Json, values: Values) -> Faults:
    """The faults of a response by its form, placed from the response's root (R4 10.1.4).

    What a form requires may still be missing where the response is in progress.
    """
    return _Judgement(response, questionnaire, values).faults()


class _Judgement:
    def __init__(self, response: Json, questionnaire: Json, values: Values) -> None:
        self._response = response
        self._form = questionnaire
        self._values = values
        self._links = {item.get("linkId") for item in every(rows(questionnaire, "item"))}
        self._complete = response.get("status") not in ("in-progress", "entered-in-error")
        self._found: Faults = []
        self._below: dict[int, frozenset[Any]] = {}

    def faults(self) -> Faults:
        self._level(rows(self._form, "item"), self._response, (), ())
        return self._found

    def _known(self, asked: list[Json]) -> frozenset[Any]:
        key = id(asked[0]) if asked else 0
        if key not in self._below:
            self._below[key] = frozenset(item.get("linkId") for item in every(asked))
        return self._below[key]

    def _tell(self, path: Path, code: str, key: str, /, **told: Any) -> None:
        self._found.append(Fault(code, key, **told).at(*reversed(path)))

    def _level(
        self, asked: list[Json], holder: Json, path: Path, around: tuple[Level, ...]
    ) -> None:
        """The items of one level: known there, in order, and each judged by its question."""
        if len(around) > _DEPTH:
            return
        places = {item.get("linkId"): number for number, item in enumerate(asked)}
        groups: dict[int, list[tuple[Path, Json]]] = {}
        last = -1
        given = holder.get("item")
        for index, item in enumerate(given if type(given) is list else ()):
            if type(item) is not dict:
                continue
            here, link = (*path, "item", index), item.get("linkId")
            number = places.get(link)
            if number is None:
                key = "answers-misplaced" if link in self._links else "answers-unknown"
                self._tell((*here, "linkId"), "structure", key, link=shown(link))
                continue
            if number < last:
                self._tell((*here, "linkId"), "structure", "answers-order", link=shown(link))
            last = max(last, number)
            groups.setdefault(number, []).append((here, item))
        inside = (*around, (self._known(asked), rows(holder, "item")))
        for number, question in enumerate(asked):
            self._question(question, groups.get(number, []), path, inside)

    def _question(
        self,
        question: Json,
        given: list[tuple[Path, Json]],
        path: Path,
        around: tuple[Level, ...],
    ) -> None:
        link = shown(question.get("linkId"))
        if not enabled(question, around):
            for here, item in given:
                if any(answers_of(one) for one in every([item])):
                    self._tell(here, "invariant", "answers-not-enabled", link=link)
            return
        if question.get("required") is True and self._complete and not given:
            self._tell((*path, "item"), "required", "answers-required", link=link)
        once = question.get("repeats") is not True
        if len(given) > 1 and (once or question.get("type") != "group"):
            self._tell(given[1][0], "structure", "answers-once", link=link)
        for here, item in given:
            if question.get("type") in STRUCTURAL:
                self._structural(question, here, item, around)
            else:
                self._answered(question, here, item, around)

    def _structural(
        self, question: Json, here: Path, item: Json, around: tuple[Level, ...]
    ) -> None:
        link, kind = shown(question.get("linkId")), str(question.get("type"))
        if "answer" in item:
            self._tell((*here, "answer"), "structure", "answers-none", link=link, type=kind)
        if kind == "group":
            empty = not rows(item, "item")
            if question.get("required") is True and empty and self._complete:
                self._tell(here, "required", "answers-group", link=link)
            self._level(rows(question, "item"), item, here, around)
        elif rows(item, "item"):
            self._tell((*here, "item"), "structure", "answers-place", link=link)

    def _answered(self, question: Json, here: Path, item: Json, around: tuple[Level, ...]) -> None:
        link = shown(question.get("linkId"))
        answers = answers_of(item)
        if "item" in item:
            self._tell((*here, "item"), "structure", "answers-place", link=link)
        if question.get("required") is True and not answers and self._complete:
            self._tell((*here, "answer"), "required", "answers-required", link=link)
        if len(answers) > 1 and question.get("repeats") is not True:
            self._tell((*here, "answer"), "structure", "answers-once", link=link)
        for name, over in (("minOccurs", False), ("maxOccurs", True)):
            for limit in extension(question, name):
                count = len(answers)
                if not over and not self._complete:
                    continue
                if type(limit) is int and (count > limit if over else count < limit):
                    key = "answers-most" if over else "answers-least"
                    self._tell(
                        (*here, "answer"), "structure", key, link=link, limit=limit, count=count
                    )
        for index, answer in enumerate(item.get("answer") or ()):
            if type(answer) is not dict:
                continue
            place = (*here, "answer", index)
            for fault in answer_faults(question, answer, len(answers), self._values):
                self._found.append(fault.at(*reversed(place)))
            if "item" in answer or rows(question, "item"):
                self._level(rows(question, "item"), answer, place, around)
