"""The current state of the lake as SQL views: the newest version of each record, none deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lanh.core.warehouse.indicators import Definitions
from lanh.core.warehouse.lake import Lake, Manifest, TypeParts
from lanh.core.warehouse.views import ViewDefinition

# The columns that every record of the lake has beside the resource itself; `updated` is in UTC.
ENVELOPE = (
    "id", "version", "updated", "patient", "custodian", "commune", "source", "sensitivity",
)  # fmt: skip


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def parquet(paths: list[Path]) -> str:
    """A table expression that reads some files."""
    return f"read_parquet([{', '.join(quoted(str(path)) for path in paths)}])"


def patient_of(view: ViewDefinition, alias: str = "v") -> str:
    """The source Patient of a row of a view: of a Patient itself, its own id."""
    if view.resource == "Patient":
        return f"coalesce({alias}.patient, {alias}.id)"
    return f"{alias}.patient"


def create_views(
    connection: Any, lake: Lake, manifest: Manifest, definitions: Definitions, schema: str
) -> None:
    """Create in a schema the views of a state: `NAME_rows`, and `NAME` with person and residence.

    `NAME` has the envelope columns, `type`, `person` (the Person of the row's patient, else the
    patient), `residence`, and the columns of the ViewDefinition.
    """
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for resource_type in sorted({view.resource for view in definitions.views}):
        parts = manifest.types.get(resource_type, TypeParts())
        connection.execute(
            f"CREATE VIEW {schema}.{resource_type}_newest AS {_newest(lake, resource_type, parts)}"
        )
    for view in definitions.views:
        parts = manifest.types.get(view.resource, TypeParts())
        mark = definitions.view_digest(view)
        connection.execute(
            f"CREATE VIEW {schema}.{view.name}_rows AS {_current(lake, view, mark, parts, schema)}"
        )
    links = (
        f"SELECT linked AS patient, max(id) AS person FROM {schema}.{definitions.link_view}_rows"  # noqa: S608
        " WHERE linked IS NOT NULL GROUP BY linked"
    )
    homes = f"SELECT id AS patient, residence FROM {schema}.{definitions.residence_view}_rows"  # noqa: S608
    for view in definitions.views:
        is_home = view.name == definitions.residence_view
        hidden = "patient, residence" if is_home else "patient"
        home = "rows_.residence" if is_home else "homes_.residence"
        patient = patient_of(view, "rows_")
        connection.execute(
            f"CREATE VIEW {schema}.{view.name} AS SELECT '{view.resource}' AS type,"  # noqa: S608
            f" rows_.* EXCLUDE ({hidden}), {patient} AS patient,"
            f" coalesce(links_.person, {patient}) AS person, {home} AS residence"
            f" FROM {schema}.{view.name}_rows rows_"
            f" LEFT JOIN ({links}) links_ ON links_.patient = {patient}"
            f" LEFT JOIN ({homes}) homes_ ON homes_.patient = {patient}"
        )


def _newest(lake: Lake, resource_type: str, parts: TypeParts) -> str:
    """The newest change of each record among the changes that are not yet in the base."""
    paths = [lake.data(resource_type, part.name) for part in parts.changes]
    source = parquet([*paths, lake.data("none", "empty")])
    return (
        f"SELECT id, version, deleted FROM {source}"  # noqa: S608
        " QUALIFY row_number() OVER (PARTITION BY id ORDER BY version DESC) = 1"
    )


def _current(lake: Lake, view: ViewDefinition, mark: str, parts: TypeParts, schema: str) -> str:
    def files(some: tuple[Any, ...]) -> str:
        paths = [lake.view(view.name, mark, part.name) for part in some]
        return parquet([*paths, lake.view(view.name, mark, "empty")])

    newest = f"{schema}.{view.resource}_newest"
    return (
        f"SELECT * FROM {files(parts.base)} base_"  # noqa: S608
        f" WHERE NOT EXISTS (SELECT 1 FROM {newest} n WHERE n.id = base_.id)"
        f" UNION ALL SELECT * FROM {files(parts.changes)} change_"
        f" WHERE EXISTS (SELECT 1 FROM {newest} n WHERE n.id = change_.id"
        " AND n.version = change_.version AND NOT n.deleted)"
    )
