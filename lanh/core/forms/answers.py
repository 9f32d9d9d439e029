"""Answers of a response as rules read them: by linkId, with the name of each place for findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from lanh.core.forms.sdc import rows, value_of
from lanh.core.forms.tree import PREFIX, segment


@dataclass(frozen=True, slots=True)
class Answers:
    """The items of one level: of a whole response, or of a repetition of a group.

    `path` is the name under which a finding about an item of this level begins.
    """

    holder: Mapping[str, Any]
    path: str = PREFIX

    def at(self, link: str) -> str:
        """The place of an item, as findings name it."""
        return self.path + segment(link)

    def values(self, link: str) -> list[Any]:
        """All answers to a question."""
        return [
            found[1]
            for item in self._items(link)
            for answer in rows(item, "answer")
            if (found := value_of(answer)) is not None
        ]

    def value(self, link: str) -> Any:
        """The first answer to a question, or None."""
        found = self.values(link)
        return found[0] if found else None

    def code(self, link: str) -> str | None:
        """The code of the first answer to a choice."""
        found = self.value(link)
        return str(found["code"]) if isinstance(found, dict) and "code" in found else None

    def day(self, link: str) -> date | None:
        """The first answer to a date, where it is a whole one."""
        found = self.value(link)
        return date.fromisoformat(found) if isinstance(found, str) and len(found) == 10 else None

    def group(self, link: str) -> Answers:
        """A group that does not repeat; one without answers where it was not answered."""
        found = self._items(link)
        return Answers(found[0] if found else {}, self.at(link) + "/")

    def rows(self, link: str) -> list[Answers]:
        """The repetitions of a group."""
        found = self._items(link)
        return [Answers(item, f"{self.at(link)}:{n}/") for n, item in enumerate(found)]

    def _items(self, link: str) -> list[dict[str, Any]]:
        return [row for row in rows(self.holder, "item") if row.get("linkId") == link]
