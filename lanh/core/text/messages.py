"""Bilingual messages: a key and parameters until somebody has to read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any, Literal, TypeAlias

import yaml

Language: TypeAlias = Literal["vi", "en"]


class MissingWords(KeyError):
    """A key that no catalogue holds, or that lacks a language."""


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages; `{name}` marks a parameter."""

    vi: str
    en: str

    def say(self, language: Language, /, **parameters: Any) -> str:
        """The text in a language, with its parameters filled in."""
        template = self.vi if language == "vi" else self.en
        return template.format(**parameters) if parameters else template

    def parameters(self) -> tuple[set[str], set[str]]:
        """The parameter names used by each language."""
        return _names(self.vi), _names(self.en)


def _names(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@dataclass(frozen=True, slots=True)
class Message:
    """A text not yet said: what went wrong and with what, in no language.

    `key` is its name in its catalogue, by which the same fault is counted; "" where it has none.
    """

    words: Words
    parameters: Mapping[str, Any] = field(default_factory=dict)
    key: str = field(default="", compare=False)

    def say(self, language: Language) -> str:
        """The text in a language."""
        return self.words.say(language, **self.parameters)

    @property
    def vi(self) -> str:
        """The Vietnamese text."""
        return self.say("vi")

    @property
    def en(self) -> str:
        """The English text."""
        return self.say("en")


class Catalogue:
    """The messages of one engine or system, read from its `messages.yaml`.

    The file maps a key to `vi` and `en`. Loading fails where a language is missing or the two use
    different parameters, so that an untranslated text cannot reach a reader.
    """

    def __init__(self, entries: Mapping[str, Words], *, name: str = "messages") -> None:
        self.name = name
        self._entries = dict(entries)

    @classmethod
    def load(cls, path: Path) -> Catalogue:
        """Read and check a `messages.yaml`. Raises MissingWords."""
        entries: dict[str, Words] = {}
        for key, value in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).items():
            try:
                words = Words(vi=value["vi"], en=value["en"])
            except (KeyError, TypeError) as error:
                raise MissingWords(f"{path}: {key} needs vi and en") from error
            vietnamese, english = words.parameters()
            if vietnamese != english:
                raise MissingWords(f"{path}: {key} uses {vietnamese} in vi and {english} in en")
            entries[key] = words
        return cls(entries, name=str(path))

    def __getitem__(self, key: str) -> Words:
        try:
            return self._entries[key]
        except KeyError as error:
            raise MissingWords(f"{self.name} has no {key}") from error

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def message(self, key: str, /, **parameters: Any) -> Message:
        """The message of a key with its parameters."""
        return Message(self[key], parameters, key)

    def merged(self, *others: Catalogue) -> Catalogue:
        """One catalogue of several; a key that stands in two is an error."""
        entries = dict(self._entries)
        for other in others:
            twice = entries.keys() & other._entries.keys()
            if twice:
                raise MissingWords(f"{other.name} repeats {sorted(twice)}")
            entries |= other._entries
        return Catalogue(entries, name=self.name)
