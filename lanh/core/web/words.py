"""The pages' own words."""

from __future__ import annotations

from pathlib import Path

from lanh.core.text import Catalogue

WORDS = Catalogue.load(Path(__file__).with_name("messages.yaml"))
