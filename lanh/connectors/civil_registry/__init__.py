"""The civil registry as a partner: messages out, answers back, at least once and never doubled."""

from lanh.connectors.civil_registry.answer import Answer, AnswerUnreadable, read_answer
from lanh.connectors.civil_registry.client import (
    ANSWERS,
    MESSAGES,
    Answers,
    Messages,
    OnAnswer,
    Registry,
)

__all__ = [
    "ANSWERS",
    "MESSAGES",
    "Answer",
    "AnswerUnreadable",
    "Answers",
    "Messages",
    "OnAnswer",
    "Registry",
    "read_answer",
]
