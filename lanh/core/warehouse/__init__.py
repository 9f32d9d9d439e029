"""The warehouse: a lake of Parquet files refreshed from the change feed, and figures over it.

    refresh(database, folder, Ports(feed=store, definitions=...), progress) -> RefreshReport
    Warehouse(folder, definitions).figure(indicator, area, period, boundaries="34") -> Figure
        .series(...)  .by_place(...)  .records_behind(...)  .data_until()

`views` compiles SQL on FHIR ViewDefinitions for DuckDB and Spark SQL.
"""

from lanh.core.warehouse import views
from lanh.core.warehouse.checking import indicator_faults
from lanh.core.warehouse.figures import Figure, PlaceFigure, UnknownArea, Warehouse
from lanh.core.warehouse.indicators import Definitions, Indicator, Placement
from lanh.core.warehouse.lake import LakeError
from lanh.core.warehouse.lineage import RecordBehind, RecordsPage
from lanh.core.warehouse.period import GRANULARITIES, Granularity, Period
from lanh.core.warehouse.reader import NotRefreshed
from lanh.core.warehouse.refresh import (
    READER,
    Feed,
    Ports,
    Progress,
    RefreshReport,
    Runner,
    rebuild,
    refresh,
)

__all__ = [
    "GRANULARITIES",
    "READER",
    "Definitions",
    "Feed",
    "Figure",
    "Granularity",
    "Indicator",
    "LakeError",
    "NotRefreshed",
    "Period",
    "PlaceFigure",
    "Placement",
    "Ports",
    "Progress",
    "RecordBehind",
    "RecordsPage",
    "RefreshReport",
    "Runner",
    "UnknownArea",
    "Warehouse",
    "indicator_faults",
    "rebuild",
    "refresh",
    "views",
]
