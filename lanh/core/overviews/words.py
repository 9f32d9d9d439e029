"""The texts of overviews."""

from __future__ import annotations

from pathlib import Path

from lanh.core.text import Catalogue

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))
