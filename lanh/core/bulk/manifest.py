"""The answer of a task that is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lanh.core.bulk.tasks import File, Task


def export_manifest(task: Task, files: Sequence[File], address: str) -> dict[str, Any]:
    """The manifest of an export (Bulk Data Access IG 2.0, "Response - Output Manifest")."""
    found: dict[str, list[dict[str, Any]]] = {"output": [], "deleted": [], "error": []}
    for file in files:
        kind = "Bundle" if file.kind == "deleted" else file.type
        found[file.kind].append(
            {"type": kind, "url": f"{address}/{file.name}", "count": file.count}
        )
    manifest: dict[str, Any] = {
        "transactionTime": task.at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "request": task.url,
        "requiresAccessToken": True,
        "output": found["output"],
        "error": found["error"],
    }
    if task.wanted["since"] is not None:
        manifest["deleted"] = found["deleted"]
    return manifest


def import_result(task: Task, files: Sequence[File], address: str) -> dict[str, Any]:
    """What became of an import: counts a source and type, error files a source (SMART proposal)."""
    inputs = task.wanted["inputs"]
    counts: dict[str, dict[str, int]] = task.cursor.get("counts", {})
    return {
        "transactionTime": task.at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "request": task.url,
        "requiresAccessToken": True,
        "output": [
            {"type": kind, "inputUrl": inputs[int(at)]["url"], "count": count}
            for at, kinds in counts.items()
            for kind, count in kinds.items()
        ],
        "error": [
            {
                "type": "OperationOutcome",
                "inputUrl": inputs[int(file.rule.removeprefix("input "))]["url"],
                "count": file.count,
                "url": f"{address}/{file.name}",
            }
            for file in files
        ],
    }
