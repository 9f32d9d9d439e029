"""Working time in Vietnam: holidays, swapped days, office hours, terms of law counted in them."""

from lanh.nation.calendar.clocks import CLOCKS, Clock, clock, due
from lanh.nation.calendar.working_time import WorkingTime, packaged, read_calendar
from lanh.nation.calendar.years import CalendarFault, UnknownYear, Week, Year

__all__ = [
    "CLOCKS",
    "CalendarFault",
    "Clock",
    "UnknownYear",
    "Week",
    "WorkingTime",
    "Year",
    "clock",
    "due",
    "packaged",
    "read_calendar",
]
