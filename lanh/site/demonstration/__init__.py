"""Demonstration data that looks like Viet Nam: people, facilities and two years of events from a
seed, written as real messages and sent through the bus as facilities would. Nobody here exists."""

from lanh.site.demonstration.clients import KeyFile, clients, register_clients
from lanh.site.demonstration.installing import (
    PEOPLE,
    SEED,
    Wanted,
    install,
    today,
    transmit,
)
from lanh.site.demonstration.messages import MINISTRY, OutgoingMessage, messages, of_blocks
from lanh.site.demonstration.population import BLOCK, Population, generate
from lanh.site.demonstration.sending import Report, send
from lanh.site.demonstration.users import (
    Cast,
    DemonstrationUser,
    cast,
    link_citizen,
    posts,
    register_users,
    users,
)

__all__ = [
    "BLOCK",
    "MINISTRY",
    "PEOPLE",
    "SEED",
    "Cast",
    "DemonstrationUser",
    "KeyFile",
    "OutgoingMessage",
    "Population",
    "Report",
    "Wanted",
    "cast",
    "clients",
    "generate",
    "install",
    "link_citizen",
    "messages",
    "of_blocks",
    "posts",
    "register_clients",
    "register_users",
    "send",
    "today",
    "transmit",
    "users",
]
