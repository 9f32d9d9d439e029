"""The files of tasks on disk: written beyond what is committed, cut back where that did not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from lanh.core.bulk.tasks import File


class Folder:
    """Where the files of all tasks lie, a folder each, readable by us only."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def of(self, task: str) -> Path:
        """The folder of a task; its id is of our making, hexadecimal."""
        if not task.isalnum():
            raise ValueError("no task id")
        return self.root / task

    def path(self, task: str, file: File) -> Path:
        """Where a file lies."""
        return self.of(task) / file.name

    def append(self, task: str, file: File, lines: Sequence[bytes]) -> None:
        """Add lines after the committed bytes of a file, onto the disk; `file` is counted up."""
        folder = self.of(task)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = b"\n".join(lines) + b"\n"
        descriptor = os.open(self.path(task, file), os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as opened:
            opened.truncate(file.bytes)
            opened.seek(file.bytes)
            view = memoryview(data)
            while view:
                view = view[opened.write(view) or 0 :]
            os.fsync(opened.fileno())
        file.bytes += len(data)
        file.count += len(lines)

    def settle(self, task: str, files: Iterable[File]) -> None:
        """Cut every file back to what is committed of it: nothing else is ever served."""
        for file in files:
            os.truncate(self.path(task, file), file.bytes)

    def drop_inputs(self, task: str) -> None:
        """Delete what an import has read."""
        for path in self.of(task).glob("input-*"):
            path.unlink()

    def remove(self, tasks: Iterable[str]) -> None:
        """Delete the folders of tasks."""
        for task in tasks:
            shutil.rmtree(self.of(task), ignore_errors=True)

    def found(self) -> list[str]:
        """The tasks that have a folder."""
        if not self.root.is_dir():
            return []
        return [path.name for path in self.root.iterdir() if path.is_dir()]
