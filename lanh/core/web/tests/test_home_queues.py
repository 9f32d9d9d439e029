"""Home shows the queues of every desk in which something waits."""

from __future__ import annotations

from lanh.core.web.tests.desk_steps import Open, sent
from lanh.core.web.tests.sink import DESK


def test_what_waits_at_a_desk_stands_on_the_first_page(at: Open) -> None:
    browser = at(DESK).sign_in("steward")
    browser.get("/")
    assert not browser.tree.xpath("//section[@aria-labelledby='h-queues']")
    sent(browser.sign_in("nurse"))
    browser.sign_in("steward").get("/")
    (tile,) = browser.tree.xpath("//section[@aria-labelledby='h-queues']//a")
    assert tile.xpath("string(.//*[@class='tile-value'])") == "1"
    browser.get(tile.get("href"))
    assert len(browser.tree.xpath("//tbody/tr")) == 1
