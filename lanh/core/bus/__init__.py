"""Intake: messages stored durably, judged part by part, written as records, receipts kept."""

from lanh.core.bus.identity import derived_id, is_unique_by_itself
from lanh.core.bus.port import Connector, Draft, Judged, Mode, Part, Sender, Submission

__all__ = [
    "Connector",
    "Draft",
    "Judged",
    "Mode",
    "Part",
    "Sender",
    "Submission",
    "derived_id",
    "is_unique_by_itself",
]
