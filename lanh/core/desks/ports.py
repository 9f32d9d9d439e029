"""What desks need from the engines below and from the site: the ports, and words of provenance."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.desks.definition import Desk, Opening
from lanh.core.desks.errors import Forbidden, NotFound
from lanh.core.desks.screens import Visitor
from lanh.core.forms import ValueSets
from lanh.core.store import Context, Store, Stored
from lanh.core.text import Language
from lanh.core.workflow import Workflow

SUBJECTS = "urn:lanh:subject"
"""Under this system the author of a response is named, by kind and opaque id."""

FORMS = "urn:lanh:form"
"""A response's identifier system is this with desk and form; meta.source adds its value."""


class Papers(Protocol):
    """Prints papers: a Typst template with data becomes a PDF."""

    def render(
        self, template: Path, facts: Mapping[str, Any], at: datetime, language: Language = "vi"
    ) -> bytes:
        """The PDF, as `lanh.core.documents.render`."""
        ...


Names: TypeAlias = Callable[[Sequence[str]], Plan[Mapping[str, str]]]
Content: TypeAlias = Callable[[str, Stored], Plan[str]]
KeptPaper: TypeAlias = Callable[[str, Stored, str, Access], Plan[bytes | None]]
Tags: TypeAlias = Callable[[Access], tuple[tuple[str, str], ...]]


def as_they_are(actors: Sequence[str]) -> Plan[Mapping[str, str]]:
    """No more than what is known already."""
    yield from ()
    return {actor: actor for actor in actors}


def digest_of_record(desk: str, record: Stored) -> Plan[str]:
    """The SHA-256 of a record as it is kept."""
    yield from ()
    return hashlib.sha256(record.body).hexdigest()


def none_kept(_desk: str, _record: Stored, _paper: str, _access: Access) -> Plan[bytes | None]:
    """No paper is kept: each is printed when it is asked for."""
    yield from ()
    return None


def no_tags(_access: Access) -> tuple[tuple[str, str], ...]:
    """Nothing is marked."""
    return ()


@dataclass(frozen=True, slots=True)
class Ports:
    """The engines and what the site fills.

    `names` tells whom opaque ids stand for; `content` the SHA-256 of what is signed of a record;
    `kept` the paper (by its desk, record and key) that people have signed as the record stands;
    `tags` mark what a visitor writes.
    """

    desks: Mapping[str, Desk]
    store: Store
    workflow: Workflow
    value_sets: ValueSets | None = None
    papers: Papers | None = None
    names: Names = as_they_are
    content: Content = digest_of_record
    tags: Tags = no_tags
    kept: KeptPaper = none_kept

    def desk(self, key: str, visitor: Visitor) -> Desk:
        """A desk that the visitor may enter. Raises NotFound, Forbidden."""
        found = self.desks.get(key)
        if found is None:
            raise NotFound.because("not-found")
        if not roles_of(visitor) & found.roles:
            raise Forbidden.because("no-entry")
        return found


def roles_of(visitor: Visitor) -> frozenset[str]:
    """The roles that a visitor has by the post they act in and by their grants."""
    return frozenset({visitor.role, *(grant.role for grant in visitor.access.grants)})


def person_of(visitor: Visitor) -> str:
    """Whose drafts these are, as history and audit name them."""
    return visitor.access.actor


def opening_of(
    ports: Ports, visitor: Visitor, about: str | None, resource: Mapping[str, Any] | None
) -> Opening:
    """What a form's plans are told."""
    store = ports.store
    return Opening(visitor.access, visitor.at, visitor.language, about, resource, store)


def form_system(desk: str, form: str) -> str:
    """The identifier system of the responses to a form of a desk."""
    return f"{FORMS}:{desk}:{form}"


def hidden_key(once: str) -> str:
    """A key that may name people, as it may stand in identifiers: it cannot be read back."""
    return hashlib.sha256(once.encode()).hexdigest()[:40]


def read_source(source: str | None) -> tuple[str, str, str] | None:
    """(desk, form, key of the response) of a meta.source that a desk has written."""
    parts = (source or "").split(":")
    if len(parts) != 6 or ":".join(parts[:3]) != FORMS:
        return None
    return parts[3], parts[4], parts[5]


def split(record: str) -> tuple[str, str]:
    """The type and id of `Type/id`. Raises NotFound."""
    kind, slash, name = record.partition("/")
    if not slash or not name or "/" in name:
        raise NotFound.because("not-found")
    return kind, name


def existing(ports: Ports, record: str, context: Context) -> Plan[Stored]:
    """A record that may be seen. Raises NotFound."""
    kind, name = split(record)
    found = yield from ports.store.read(kind, name, context)
    if found is None or found.deleted:
        raise NotFound.because("not-found")
    return found
