"""Rules of the notice of death: what must hold, what is doubtful. Pure; texts in messages.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from lanh.core.desks import Finding
from lanh.core.forms import Answers
from lanh.core.text import Words
from lanh.nation.local_time import VIETNAM
from lanh.systems.deaths.certificate import Certificate, doubts, minutes, within
from lanh.systems.deaths.words import WORDS

_SURGERY = timedelta(weeks=4)
_NATURAL = ("disease", "pending")


def moment(text: Any) -> datetime | None:
    """A dateTime that has a time, with the zone of Viet Nam where it has none."""
    if not isinstance(text, str) or "T" not in text:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=VIETNAM)


def judge(response: dict[str, Any], facts: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with a notice, and what is doubtful in it.

    `facts`: now (aware), others (notices of the same person), alike (people of the same name and
    birth who have died).
    """
    answers = Answers(response)
    death = answers.group("death")
    died = moment(death.value("died"))
    if died is None:
        yield _error("died-partial", death.at("died"))
        return
    yield from _times(answers, died, facts["now"])
    yield from _infant(answers, died)
    yield from _external(answers)
    yield from _causes(answers, died)
    yield from _twice(death, died, facts)


def _error(key: str, path: str, **parameters: Any) -> Finding:
    return Finding(key, path, _said(key, parameters))


def _doubt(key: str, path: str, **parameters: Any) -> Finding:
    return Finding(key, path, _said(key, parameters), warning=True)


def _said(key: str, parameters: Mapping[str, Any]) -> Words:
    words = WORDS[f"rule.{key}"]
    return Words(words.say("vi", **parameters), words.say("en", **parameters))


def _times(answers: Answers, died: datetime, now: datetime) -> Iterator[Finding]:
    at = answers.group("death").at("died")
    if died > now:
        yield _error("died-later", at)
    born = answers.group("deceased").day("born")
    if born is not None and died.astimezone(VIETNAM).date() < born:
        yield _error("died-before-birth", at)
    stay = answers.group("care").group("stay")
    admitted = moment(stay.value("admitted"))
    if admitted is not None and admitted > died:
        yield _error("admitted-after", stay.at("admitted"))
    operation = answers.group("operation")
    operated = operation.day("operated")
    if operated is None:
        return
    on = died.astimezone(VIETNAM).date()
    if operated > on:
        yield _error("operated-after", operation.at("operated"))
    elif on - operated > _SURGERY:
        yield _doubt("operated-before", operation.at("operated"))


def _infant(answers: Answers, died: datetime) -> Iterator[Finding]:
    """Whether the age at death agrees with what is said of a child under one year."""
    death = answers.group("death")
    born, told = answers.group("deceased").day("born"), death.value("infant")
    if born is None or not isinstance(told, bool):
        return
    on = died.astimezone(VIETNAM).date()
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    if told != (years < 1):
        yield _doubt("infant-differs", death.at("infant"), born=_day(born.isoformat()))


def _external(answers: Answers) -> Iterator[Finding]:
    manner = answers.group("death").code("manner")
    external = answers.group("external")
    code = external.code("external-code")
    if code is not None and not within(code, ("V01-Y98",)):
        yield _error("external-range", external.at("external-code"), code=code)
    main = answers.group("main")
    underlying = main.code("underlying") or ""
    outside = within(underlying, ("V01-Y98",))
    if underlying and outside == (manner in _NATURAL):
        yield _doubt("manner-differs", main.at("underlying"), code=underlying)


def _causes(answers: Answers, died: datetime) -> Iterator[Finding]:
    lines = answers.group("causes").rows("line")
    main = answers.group("main")
    underlying = main.code("underlying")
    codes = [line.code("line-code") for line in lines]
    if underlying is None or not codes or None in codes:
        return  # the form itself asks for them
    deceased = answers.group("deceased")
    given = Certificate(
        lines=tuple(code for code in codes if code is not None),
        intervals=tuple(minutes(line.value("line-interval")) for line in lines),
        underlying=underlying,
        died_on=died.astimezone(VIETNAM).date(),
        born_on=deceased.day("born"),
        sex=str(answers.group("death").value("sex") or ""),
        pregnancy=answers.group("maternal").group("pregnancy").code("timing"),
    )
    for each in doubts(given):
        path = main.at("underlying")
        if each.line is not None:
            path = lines[each.line].at("line-code")
        yield _doubt(f"icd-{each.kind}", path, code=each.code, other=each.other)


def _twice(death: Answers, died: datetime, facts: Mapping[str, Any]) -> Iterator[Finding]:
    for facility, day in facts.get("others", ()):
        yield _error("notified", death.at("died"), facility=facility, day=_day(day))
    for facility, text in facts.get("alike", ()):
        other = moment(text)
        near = other is None or abs(other - died) <= timedelta(days=1)
        if near:
            yield _doubt("alike", death.at("died"), facility=facility, day=_day(text))


def _day(text: str) -> str:
    return date.fromisoformat(text[:10]).strftime("%d/%m/%Y") if len(text) >= 10 else text
