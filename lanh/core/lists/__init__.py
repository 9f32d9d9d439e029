"""Lists: rows of records or of tasks with filters, saved views, columns and pages, kept in the URL.

`ListDefinition` says in typed objects what a list offers; `Screen` is one page of it as data.
"""

from lanh.core.lists.definition import Column, Filter, ListDefinition, Row, SavedView
from lanh.core.lists.screen import (
    ActiveFilter,
    FilterField,
    Screen,
    ShownColumn,
    ShownRow,
    ViewPill,
)

__all__ = [
    "ActiveFilter",
    "Column",
    "Filter",
    "FilterField",
    "ListDefinition",
    "Row",
    "SavedView",
    "Screen",
    "ShownColumn",
    "ShownRow",
    "ViewPill",
]
