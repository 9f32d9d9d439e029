"""What a caller may ask of a validation beyond the rules that always hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

References: TypeAlias = Literal["open", "types", "exist"]


@dataclass(frozen=True, slots=True)
class Options:
    """How far a validation goes.

    warnings    what is doubtful is told too
    strict      doubts that HL7's own validator takes as errors are errors: extensions that nobody
                knows, what a vital sign lacks of its profile, displays that are not the code's,
                relative canonicals, links in narrative that lead nowhere
    references  whether the type that a reference's text names counts for profiles where its
                target is not at hand ("types"), does not ("open"), or counts and relative
                references must lead to what is at hand or stored ("exist")
    examples    whether addresses of example.org and acme.com may stand in resources
    tags        whether texts may hold what looks like HTML tags
    markdown_tags  whether markdown may
    contained   whether contained resources are judged
    entries     profiles for entries of a Bundle: type, which of that type (from 0), profile
    """

    warnings: bool = False
    strict: bool = False
    references: References = "types"
    examples: bool = True
    tags: bool = True
    markdown_tags: bool = True
    contained: bool = True
    entries: tuple[tuple[str, int, str], ...] = ()


PLAIN = Options()
