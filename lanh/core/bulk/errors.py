"""What is wrong with an order for an export or import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lanh.core.fhir import Issue
from lanh.core.text import Catalogue

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))


class BulkRefused(Exception):
    """An order that is not taken: an HTTP status and an issue in both languages."""

    def __init__(self, status: int, code: str, key: str, /, **parameters: Any) -> None:
        self.status = status
        self.issue = Issue("error", code, "", MESSAGES.message(key, **parameters))
        super().__init__(self.issue.message.en)
