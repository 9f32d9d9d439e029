"""SQL on FHIR v2: ViewDefinitions compiled to DuckDB SQL and to Spark SQL from one source."""

from lanh.core.warehouse.views.compiler import CompiledView, compile_view
from lanh.core.warehouse.views.definition import (
    Column,
    Select,
    ViewDefinition,
    load_view,
    read_view,
)
from lanh.core.warehouse.views.exact import exact_text
from lanh.core.warehouse.views.values import ViewError

__all__ = [
    "Column",
    "CompiledView",
    "Select",
    "ViewDefinition",
    "ViewError",
    "compile_view",
    "exact_text",
    "load_view",
    "read_view",
]
