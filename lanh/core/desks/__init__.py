"""Desks: a ministry system as its users meet it, made of forms, cases, lists and records.

A `Desk` says in typed objects what a system offers. The screens are data: pages and the HTTP
interface show the same ones.
"""

from lanh.core.desks.definition import (
    Desk,
    DeskForm,
    Finding,
    Indexing,
    Opening,
    OwnPage,
    Paper,
    RecordView,
    Section,
)
from lanh.core.desks.screens import (
    CaseScreen,
    FormScreen,
    HomeScreen,
    Link,
    OwnScreen,
    PaperLink,
    RecordScreen,
    SignatureLine,
    Version,
    Visitor,
)

__all__ = [
    "CaseScreen",
    "Desk",
    "DeskForm",
    "Finding",
    "FormScreen",
    "HomeScreen",
    "Indexing",
    "Link",
    "Opening",
    "OwnPage",
    "OwnScreen",
    "Paper",
    "PaperLink",
    "RecordScreen",
    "RecordView",
    "Section",
    "SignatureLine",
    "Version",
    "Visitor",
]
