"""The texts of this connector."""

from __future__ import annotations

from pathlib import Path

from lanh.core.text import Catalogue

WORDS = Catalogue.load(Path(__file__).parent / "messages.yaml")
