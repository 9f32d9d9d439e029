"""Cases that go from state to state: terms on a calendar of working time."""

from lanh.core.workflow.terms import Calendar, Term, Unit, end_of

__all__ = ["Calendar", "Term", "Unit", "end_of"]
