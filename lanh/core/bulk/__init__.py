"""Bulk data: exports as NDJSON files and imports of them, resumable, under the orderer's access.

An order is a task of the queue (`jobs`), on behalf of a `jobs.Principal` whose access is found out
anew for each step. `Exporter.work`, `Importer.work` and `Gatherer.work` are the handlers of
"bulk.export", "bulk.import" and "bulk.search" in the queue `QUEUE`.
"""

from lanh.core.bulk.errors import MESSAGES, BulkRefused
from lanh.core.bulk.exporting import Exporter
from lanh.core.bulk.folder import Folder
from lanh.core.bulk.gathering import Gatherer
from lanh.core.bulk.importing import Importer
from lanh.core.bulk.manifest import export_manifest, import_result
from lanh.core.bulk.orders import FORMATS, NDJSON, ExportOrder, Level, read_order
from lanh.core.bulk.sources import Input, Sources, manifest_of, read_manifest, uploaded
from lanh.core.bulk.tasks import (
    QUEUE,
    File,
    Task,
    files,
    find,
    forget,
    forget_expired_tasks,
    forget_for_erasure,
    living,
    new_task_id,
    rule_of,
    start,
)

__all__ = [
    "FORMATS",
    "MESSAGES",
    "NDJSON",
    "QUEUE",
    "BulkRefused",
    "ExportOrder",
    "Exporter",
    "File",
    "Folder",
    "Gatherer",
    "Importer",
    "Input",
    "Level",
    "Sources",
    "Task",
    "export_manifest",
    "files",
    "find",
    "forget",
    "forget_expired_tasks",
    "forget_for_erasure",
    "import_result",
    "living",
    "manifest_of",
    "new_task_id",
    "read_manifest",
    "read_order",
    "rule_of",
    "start",
    "uploaded",
]
