"""What the command line and the supervisor say, in both languages."""

from __future__ import annotations

from pathlib import Path

from lanh.core.text import Catalogue

WORDS = Catalogue.load(Path(__file__).with_name("messages.yaml"))
