"""Named events: what one system tells all others, without knowing them.

`publish(event)` is part of the unit of work that brings the event about; listeners are told by
the outbox, at least once, so what they do must bear being done again.
"""

from lanh.nation.events.hearing import KIND, Listener, Listeners
from lanh.nation.events.telling import PERSON_DIED, Event, publish

__all__ = ["KIND", "PERSON_DIED", "Event", "Listener", "Listeners", "publish"]
