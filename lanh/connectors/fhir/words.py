"""The texts of this connector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lanh.core.fhir import Issue
from lanh.core.text import Catalogue

WORDS = Catalogue.load(Path(__file__).parent / "messages.yaml")


def fault(key: str, code: str, expression: str = "", **parameters: Any) -> Issue:
    """An error whose text stands in this package's catalogue."""
    return Issue("error", code, expression, WORDS.message(key, **parameters))
