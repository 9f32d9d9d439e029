"""Write claim packages: the envelope GIAMDINHHS with one base64 child a table."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from lanh.connectors.claims_xml.fields import CHECK_IN, TABLES, Field, Table
from lanh.core.text import nfc


def build_package(
    facility_code: str,
    created: date,
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
) -> bytes:
    """One signed-form-shaped package (unsigned: CHUKYDONVI is empty) as UTF-8 bytes.

    `tables` maps "XML1" to its single row, "XML2".."XML15" to their rows; a row maps field names to
    str, int, Decimal, or None for empty. A table without rows is left out. Raises ValueError where
    a table or a field is not of the decision, or XML1 has not exactly one row.
    """
    if len(tables.get("XML1", ())) != 1:
        raise ValueError("XML1 has exactly one row: one package is one episode")
    files = "".join(
        f"<FILEHOSO><LOAIHOSO>{name}</LOAIHOSO><NOIDUNGFILE>"
        f"{base64.b64encode(write(name, rows)).decode()}</NOIDUNGFILE></FILEHOSO>"
        for name, rows in sorted(tables.items(), key=lambda item: (len(item[0]), item[0]))
        if rows
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f"<GIAMDINHHS><THONGTINDONVI><MACSKCB>{escape(facility_code)}</MACSKCB></THONGTINDONVI>"
        f"<THONGTINHOSO><NGAYLAP>{created:%Y%m%d}</NGAYLAP><SOLUONGHOSO>1</SOLUONGHOSO>"
        f"<DANHSACHHOSO><HOSO>{files}</HOSO></DANHSACHHOSO></THONGTINHOSO>"
        "<CHUKYDONVI></CHUKYDONVI></GIAMDINHHS>"
    ).encode()


def build_check_in(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A check-in file (XML0) as UTF-8 bytes, unsigned. Raises ValueError."""
    return write(CHECK_IN, rows).replace(
        f"</{TABLES[CHECK_IN].path[0]}>".encode(),
        f"<CHUKYDONVI></CHUKYDONVI></{TABLES[CHECK_IN].path[0]}>".encode(),
    )


def write(name: str, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """One child file ("XML1".."XML15"), every field of the form present, empty where not given."""
    table = TABLES.get(name)
    if table is None:
        raise ValueError(f"no such table: {name}")
    if len(table.path) == 1 and len(rows) != 1:
        raise ValueError(f"{name} has exactly one row")
    head = "".join(f"<{tag}>" for tag in table.path[:-1])
    tail = "".join(f"</{tag}>" for tag in reversed(table.path[:-1]))
    body = "".join(_row(table, row) for row in rows)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}{body}{tail}'.encode()


def _row(table: Table, row: Mapping[str, Any]) -> str:
    unknown = row.keys() - {field.name for field in table.fields}
    if unknown:
        raise ValueError(f"{table.name} has no field {', '.join(sorted(unknown))}")
    tag = table.path[-1]
    fields = "".join(
        _field(field, row.get(field.name))
        for field in table.fields
        if not field.edition or row.get(field.name)
    )
    return f"<{tag}>{fields}</{tag}>"


def _field(field: Field, value: Any) -> str:
    if value is None or value == "":
        return f"<{field.name}/>"
    if isinstance(value, float):
        raise ValueError(f"{field.name}: figures are Decimal, never float")
    text = format(value, "f") if isinstance(value, Decimal) else nfc(str(value))
    return f"<{field.name}>{escape(text)}</{field.name}>"
