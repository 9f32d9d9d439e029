"""FHIR transactions (R4 3.1.0.11.2) and patches, as plans."""

from lanh.core.store.transaction.answers import answer_entry
from lanh.core.store.transaction.entries import Entry
from lanh.core.store.transaction.execution import Result, execute
from lanh.core.store.transaction.patching import Judge, Overtaken, Unprocessable, change_of, patch

__all__ = [
    "Entry",
    "Judge",
    "Overtaken",
    "Result",
    "Unprocessable",
    "answer_entry",
    "change_of",
    "execute",
    "patch",
]
