"""The versions of a record: who wrote each, by which way it came, why, and what it changed."""

from __future__ import annotations

from collections.abc import Sequence

from lanh.core.desks import Version
from lanh.core.text import Language
from lanh.core.ui import NOTHING, Html, formats, tag
from lanh.core.web.desk import answers
from lanh.core.web.desk.drawing import Drawing
from lanh.core.web.words import WORDS


def versions(shown: Sequence[Version], language: Language) -> Html:
    """The versions, newest first."""
    ordered = sorted(shown, key=lambda each: -each.version)
    drawing = Drawing(language, "")
    return tag("ol", [_version(each, language, drawing) for each in ordered], class_="history")


def _version(version: Version, language: Language, drawing: Drawing) -> Html:
    title = WORDS["versions.one"].say(language, number=version.version)
    parts = [formats.moment(version.at), version.actor, version.source]
    changed: Html = NOTHING
    if version.changes:
        count = WORDS["versions.changes"].say(language, count=len(version.changes))
        changed = tag(
            "details",
            tag("summary", count),
            answers.differences(version.changes, language, drawing),
        )
    return tag(
        "li",
        tag("p", tag("b", title)),
        tag("p", " · ".join(part for part in parts if part), class_="muted small"),
        tag("p", version.reason, class_="quoted") if version.reason else NOTHING,
        changed,
    )
