"""Code systems with validity dates: strict loading, look-up on a day, search without marks."""

from lanh.core.terminology.code_system import (
    CodeSystem,
    CodeSystemError,
    Concept,
    Content,
    Value,
    parse,
)
from lanh.core.terminology.plans import Entry, Loaded, displays, load, lookup, search, systems

__all__ = [
    "CodeSystem",
    "CodeSystemError",
    "Concept",
    "Content",
    "Entry",
    "Loaded",
    "Value",
    "displays",
    "load",
    "lookup",
    "parse",
    "search",
    "systems",
]
