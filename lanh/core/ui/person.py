"""Who this is, and what could harm them: always on top of a page about a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from lanh.core.text import Language
from lanh.core.ui import formats
from lanh.core.ui.icons import icon
from lanh.core.ui.markup import NOTHING, Html, classes, tag
from lanh.core.ui.parts import Tone, status_tag
from lanh.core.ui.words import WORDS


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What the banner says. `sex` is a FHIR code; `birth` and `died` are FHIR dates.

    `warnings` say where a number disagrees with what stands beside it.
    """

    name: str
    sex: str
    birth: str
    died: str = ""
    numbers: Sequence[tuple[str, str]] = ()
    phone: str = ""
    address: str = ""
    tags: Sequence[tuple[str, Tone]] = field(default=())
    warnings: Sequence[str] = ()


def sex_word(sex: str, language: Language) -> str:
    """A FHIR administrative gender in words."""
    known = sex if sex in {"male", "female", "other"} else "unknown"
    return WORDS[f"person.{known}"].say(language)


def initials(name: str) -> str:
    """First letters of the family name and of the given name."""
    words = name.split()
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters)


def person_banner(
    facts: PersonFacts, on: date, language: Language, actions: Html = NOTHING
) -> Html:
    """The band that names the person; it stays while the page scrolls."""
    born = formats.fhir_day(facts.birth) or WORDS["person.birth_unknown"].say(language)
    if facts.died:
        day = formats.fhir_day(facts.died)
        life = WORDS["person.died"].say(language, day=day)
        tags = [status_tag(life, "off")]
    else:
        tags = []
    tags += [status_tag(word, tone) for word, tone in facts.tags]
    age = "" if facts.died else formats.age(facts.birth, on, language)
    first = " · ".join(part for part in (sex_word(facts.sex, language), age, born) if part)
    pairs = [
        tag("span", tag("span", f"{name} ", class_="muted"), tag("b", formats.grouped(value)))
        for name, value in facts.numbers
        if value
    ]
    if facts.phone:
        label = WORDS["person.phone"].say(language)
        pairs.append(tag("span", tag("span", f"{label} ", class_="muted"), tag("b", facts.phone)))
    return tag(
        "div",
        tag("span", initials(facts.name), class_="initials", aria_hidden="true"),
        tag(
            "div",
            tag("h1", facts.name, *tags),
            tag("p", first, class_="who"),
        ),
        tag(
            "div",
            tag("p", *pairs, class_="numbers"),
            [tag("p", icon("alert"), words, class_="doubt small") for words in facts.warnings],
            tag("p", facts.address, class_="muted") if facts.address else NOTHING,
            class_="more",
        ),
        actions,
        class_="banner",
    )


@dataclass(frozen=True, slots=True)
class Allergy:
    """An allergy as the strip shows it."""

    substance: str
    reaction: str = ""
    severe: bool = False


def safety_strip(
    allergies: Sequence[Allergy], *, asked: bool, alerts: Sequence[str], language: Language
) -> Html:
    """Allergies and alerts in red; or that none is known; or that nobody has asked."""
    if allergies:
        tone, symbol = "bad", "alert"
        label = WORDS["person.allergies"].say(language)
        items = [
            tag(
                "li",
                tag("b", allergy.substance),
                f": {allergy.reaction}" if allergy.reaction else NOTHING,
                status_tag(WORDS["person.severe"].say(language), "bad")
                if allergy.severe
                else NOTHING,
                class_=classes(allergy.severe and "severe"),
            )
            for allergy in allergies
        ]
        content = tag("ul", items)
    elif asked:
        tone, symbol, label = "ok", "check", WORDS["person.no_allergy"].say(language)
        content = NOTHING
    else:
        tone, symbol, label = "warn", "question", WORDS["person.allergy_not_asked"].say(language)
        content = NOTHING
    extra = tag("ul", [tag("li", alert) for alert in alerts]) if alerts else NOTHING
    if alerts and not allergies:
        tone, symbol = "bad", "alert"
    return tag(
        "section",
        icon(symbol),
        tag("b", label, class_="strip-label"),
        content,
        extra,
        class_=f"strip {tone}",
        aria_label=WORDS["person.safety"].say(language),
    )
