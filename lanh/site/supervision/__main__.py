"""`python -m lanh.site.supervision`: the supervisor as a process of its own."""

from __future__ import annotations

import asyncio
import sys

from lanh.site.instance import Instance
from lanh.site.logging import configure
from lanh.site.settings import Settings
from lanh.site.supervision.logs import RotatingFile
from lanh.site.supervision.supervisor import supervise

HELD = 4  # another supervisor has the data folder


def main() -> int:
    """Take the data folder and run the installation on it."""
    settings = Settings.from_environment()
    instance = Instance(settings)
    instance.make()
    if not instance.lock():
        return HELD
    configure("supervisor", RotatingFile(instance.logs / "supervisor.log"))
    return asyncio.run(supervise(settings))


if __name__ == "__main__":
    sys.exit(main())
