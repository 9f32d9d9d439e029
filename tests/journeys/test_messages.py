"""A hospital with a faulty system mends its refused messages by cause, by keys alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lanh.core.web.tests.chromium import axe_faults, overflow
from lanh.site.tests.installation import Installation
from tests.journeys.conftest import Walker

_MENDS = {"MSH-11": "P", "MSH-12": "2.5.1", "MSH-9.2": "A04", "RXA-3": "20261031", "RXA-5.1": "20"}


@pytest.mark.timeout(600)
def test_refused_messages_are_mended_by_cause(
    running_platform: Installation, walker: Callable[[], Walker]
) -> None:
    sent = running_platform.lanh("demo", "--faulty", "10")
    assert sent.returncode == 0 and "10 bị từ chối" in sent.stdout, sent.stdout + sent.stderr
    someone = walker()
    someone.sign_in("hospital-it")
    page = someone.page
    for turn in range(len(_MENDS)):
        someone.go("/messages/rejects")
        page.locator("main tbody a").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/rejects/of?**")
        if turn == 0:
            page.set_viewport_size({"width": 320, "height": 800})
            assert axe_faults(page) == [] and overflow(page) <= 0
        field = page.locator("input[name='new-0']")
        field.fill(_MENDS[page.inner_text("h1 code")])
        field.press("Enter")
        page.wait_for_url("**/replays/**")
        for _ in range(100):
            if page.locator("main a[href='/messages/rejects'].primary").count():
                break
            page.wait_for_timeout(500)
            page.reload()
        assert "Đã xét 2 trên 2: 2 được nhận" in page.inner_text("[role=status]")
    someone.go("/messages/rejects")
    assert "Không có gì phải sửa" in page.inner_text("main")
    mended = running_platform.lanh("demo", "--mend")
    assert "100.0 %" in mended.stdout, mended.stdout + mended.stderr
