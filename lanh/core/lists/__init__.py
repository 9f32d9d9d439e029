"""Lists: rows of records or of tasks with filters, saved views, columns and pages, kept in the URL.

`ListDefinition` says in typed objects what a list offers; `Screen` is one page of it as data.
`Lists(store, workflow)` gives the plans:

    screen(definition, pairs, access, person, language, counts=, total=) -> Plan[Screen]
    counts(definition, access, person, language) -> Plan[{view: "2.000+"}]
    save_view, remove_view, choose_columns     what a person keeps of a list

`Everything(providers).find(text, access, language) -> Plan[list[Group]]` is the one search box:
`ListProvider`, `CaseProvider`, `PageProvider`, and what a system adds by the port `Provider`.

`begin_import(sheet, content, send, person, language)` reads a spreadsheet whose rows are sent as
forms through the port `RowSender`; its `whole()` or `run(transact)` gives an `Imported`: what was
taken, each fault with row and column, and the rest as a workbook. `empty_sheet` is to be filled in.
`keep_upload` keeps a sheet whose rows `Turns` takes in a worker, batch by batch; `find_upload` and
`report_of` tell how far it is. `erase_rows` and `forget_uploads` take away what is kept of it.

`begin_export(lists, definition, pairs, access, person, language)`, then `streamed_csv(begun, run)`
gives a whole list piece by piece, `streamed_xlsx` as a workbook.

`faults_of(definition)` tells what of a definition cannot work, `about_people(definition)` whether
its type concerns people. Over tasks `OWNER` and `DUE` are
filters, `STATE` and `HOLDER` columns that every list may have; `task_of(row)` is a row's Task.
"""

from lanh.core.lists.asking import about_people
from lanh.core.lists.checking import faults_of
from lanh.core.lists.definition import Column, Filter, ListDefinition, Row, SavedView, task_of
from lanh.core.lists.engine import MOST_COUNTED, Lists
from lanh.core.lists.erasing import erase_rows, sheets_under_way
from lanh.core.lists.errors import ListRefused
from lanh.core.lists.exporting import (
    MOST_EXPORTED,
    Export,
    begin_export,
    streamed_csv,
    streamed_xlsx,
)
from lanh.core.lists.finding import (
    CaseProvider,
    Everything,
    Found,
    Group,
    ListProvider,
    PageEntry,
    PageProvider,
    Provider,
)
from lanh.core.lists.importing import (
    Import,
    Imported,
    RowFault,
    RowRefused,
    RowSender,
    Taken,
    begin_import,
    empty_sheet,
)
from lanh.core.lists.mapping import SheetColumn, SheetForm, takes_rows
from lanh.core.lists.screen import (
    ActiveFilter,
    FilterField,
    Screen,
    ShownColumn,
    ShownRow,
    ViewPill,
)
from lanh.core.lists.sheets import MEDIA_TYPES, Kind, Sheet
from lanh.core.lists.spreadsheets import MOST_BYTES, Table, read_table
from lanh.core.lists.tasks import DUE, HOLDER, OWNER, STATE
from lanh.core.lists.uploads import (
    JOB,
    QUEUE,
    Turns,
    Upload,
    find_upload,
    forget_uploads,
    keep_upload,
    report_of,
    uploads_of,
)

__all__ = [
    "DUE",
    "HOLDER",
    "JOB",
    "MEDIA_TYPES",
    "MOST_BYTES",
    "MOST_COUNTED",
    "MOST_EXPORTED",
    "OWNER",
    "QUEUE",
    "STATE",
    "ActiveFilter",
    "CaseProvider",
    "Column",
    "Everything",
    "Export",
    "Filter",
    "FilterField",
    "Found",
    "Group",
    "Import",
    "Imported",
    "Kind",
    "ListDefinition",
    "ListProvider",
    "ListRefused",
    "Lists",
    "PageEntry",
    "PageProvider",
    "Provider",
    "Row",
    "RowFault",
    "RowRefused",
    "RowSender",
    "SavedView",
    "Screen",
    "Sheet",
    "SheetColumn",
    "SheetForm",
    "ShownColumn",
    "ShownRow",
    "Table",
    "Taken",
    "Turns",
    "Upload",
    "ViewPill",
    "about_people",
    "begin_export",
    "begin_import",
    "empty_sheet",
    "erase_rows",
    "faults_of",
    "find_upload",
    "forget_uploads",
    "keep_upload",
    "read_table",
    "report_of",
    "sheets_under_way",
    "streamed_csv",
    "streamed_xlsx",
    "takes_rows",
    "task_of",
    "uploads_of",
]
