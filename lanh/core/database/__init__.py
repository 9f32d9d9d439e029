"""PostgreSQL: plans and their two runners, numbered migrations, and an embedded server."""

from lanh.core.database.asynchronous import LIFETIME, AsyncDatabase, drive
from lanh.core.database.cluster import Cluster, ClusterError
from lanh.core.database.migrations import Engine, MigrationError, migrate
from lanh.core.database.plan import Copy, Plan, Row, Statement, execute, fetch, fetch_one
from lanh.core.database.synchronous import SyncDatabase, connected, drive_sync

__all__ = [
    "LIFETIME",
    "AsyncDatabase",
    "Cluster",
    "ClusterError",
    "Copy",
    "Engine",
    "MigrationError",
    "Plan",
    "Row",
    "Statement",
    "SyncDatabase",
    "connected",
    "drive",
    "drive_sync",
    "execute",
    "fetch",
    "fetch_one",
    "migrate",
]
