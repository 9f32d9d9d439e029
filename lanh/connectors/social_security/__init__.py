"""The Social Security gateway as a partner: claims out in a token session, coded answers back."""

from lanh.connectors.social_security.answer import Answer, AnswerUnreadable, read_answer
from lanh.connectors.social_security.client import (
    CHECK_INS,
    CLAIMS,
    Claims,
    Gateway,
    OnAnswer,
    Session,
    parcel,
)
from lanh.connectors.social_security.record import brought_back, claim_response

__all__ = [
    "CHECK_INS",
    "CLAIMS",
    "Answer",
    "AnswerUnreadable",
    "Claims",
    "Gateway",
    "OnAnswer",
    "Session",
    "brought_back",
    "claim_response",
    "parcel",
    "read_answer",
]
