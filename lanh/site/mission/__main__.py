"""`python -m lanh.site.mission`: write the page of the mission."""

from __future__ import annotations

from lanh.site.mission import PAGE, page

PAGE.parent.mkdir(parents=True, exist_ok=True)
PAGE.write_text(page(), encoding="utf-8")
print(f"wrote {PAGE}")
