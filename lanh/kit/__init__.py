"""The words a ministry system is written in.

`System` is a folder's table of contents. Its parts: `Form` (loaded by `form`), `List` with
`Column`, `Filter` and `View`, `States` with what `lanh.core.workflow` has, `Record` with `Section`
and `Paper`, `Overview` (whose parts `lanh.core.overviews` has), `Grant`, `OwnPage`, `Page`, `Duty`,
`Indicator`, `Connector`. `check` says what is wrong with a system's folder, `report` how large it
is and what escapes; `lanh.kit.harness` tries a system out.
"""

from lanh.core.bus import Connector
from lanh.core.desks import DeskForm as Form
from lanh.core.desks import (
    Duty,
    Finding,
    Indexing,
    Note,
    Opening,
    OwnPage,
    OwnScreen,
    Paper,
    Section,
)
from lanh.core.desks import RecordView as Record
from lanh.core.lists import Column, Filter
from lanh.core.lists import ListDefinition as List
from lanh.core.lists import SavedView as View
from lanh.core.overviews import Overview
from lanh.core.warehouse import Indicator
from lanh.core.workflow import Definition as States
from lanh.kit.checking import Fault, check
from lanh.kit.figures import counting, views
from lanh.kit.making import new_system
from lanh.kit.measuring import Size, report
from lanh.kit.system import (
    Grant,
    Page,
    System,
    SystemFault,
    catalogue,
    desks_of,
    form,
    installed,
    roles_with,
)

__all__ = [
    "Column",
    "Connector",
    "Duty",
    "Fault",
    "Filter",
    "Finding",
    "Form",
    "Grant",
    "Indexing",
    "Indicator",
    "List",
    "Note",
    "Opening",
    "Overview",
    "OwnPage",
    "OwnScreen",
    "Page",
    "Paper",
    "Record",
    "Section",
    "Size",
    "States",
    "System",
    "SystemFault",
    "View",
    "catalogue",
    "check",
    "counting",
    "desks_of",
    "form",
    "installed",
    "new_system",
    "report",
    "roles_with",
    "views",
]
