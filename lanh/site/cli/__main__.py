"""`python -m lanh.site.cli`: the same as `lanh`."""

from __future__ import annotations

import sys

from lanh.site.cli import main

sys.exit(main())
