"""Lists of a desk: their state in the address, views, columns, files, acts on several rows."""

from __future__ import annotations

import pytest

from lanh.core.database import SyncDatabase
from lanh.core.lists import exporting
from lanh.core.web.tests.conftest import Browser
from lanh.core.web.tests.desk_steps import sent
from lanh.core.web.tests.sink import sheet_hand


@pytest.fixture
def seven(nurse: Browser) -> Browser:
    """Seven outbreaks, a day each."""
    for day in range(1, 8):
        sent(nurse, **{"q/place/title": f"Ổ {day}", "q/place/day": f"0{day}/03/2026"})
    nurse.get("/outbreaks/lists/outbreaks")
    return nurse


def names(browser: Browser) -> list[str]:
    return [str(each.text_content()) for each in browser.tree.xpath("//main//tbody//th//a")]


def test_a_list_is_sorted_paged_and_filtered_by_its_address(seven: Browser) -> None:
    assert len(names(seven)) == 5
    seven.get(str(seven.tree.xpath("//main//a[@rel='next']/@href")[0]))
    assert len(names(seven)) == 2
    seven.get("/outbreaks/lists/outbreaks?sort=day")
    assert names(seven)[0] == "Ổ 1"
    head = seven.tree.xpath("//th[@aria-sort]")[0]
    assert head.get("aria-sort") == "ascending"
    seven.get(str(head.xpath("./a/@href")[0]))
    assert names(seven)[0] == "Ổ 7"
    seven.get("/outbreaks/lists/outbreaks?day=05/03/2026&day.until=06/03/2026")
    assert sorted(names(seven)) == ["Ổ 5", "Ổ 6"]
    assert seven.tree.xpath("//p[@class='chips']/a")
    seven.get("/outbreaks/lists/outbreaks?day=05/13/2026")
    assert "e-day" in seven.page.text, "a wrong filter is told at its field"


def test_no_state_of_a_list_about_people_stands_in_an_address(seven: Browser) -> None:
    """Filters, order, pages, files and views of it are told by handles of the session alone."""
    form = seven.tree.xpath("//form[contains(@class, 'list-filters')]")[0]
    assert form.get("method") == "post"
    seven.post("/outbreaks/lists/outbreaks", **{"day": "05/03/2026", "day.until": "06/03/2026"})
    assert sorted(names(seven)) == ["Ổ 5", "Ổ 6"]
    assert seven.tree.xpath("//input[@name='day']/@value") == ["05/03/2026"]
    shown = str(seven.page.url)
    assert "2026" not in shown and "?s=" in shown
    told = seven.tree.xpath("//main//@href | //main//@action | //main//@hx-get | //main//@hx-post")
    for href in map(str, told):
        assert "2026" not in href and "sort=" not in href and "page=" not in href, href
    csv = seven.client.get(str(seven.tree.xpath("//a[@download]/@href")[0]))
    assert len(csv.text.strip().splitlines()) == 3, "the file is of what is shown"
    query = str(seven.tree.xpath("//input[@name='query']/@value")[0])
    seven.post("/outbreaks/lists/outbreaks/views", title="Hai ngày", query=query)
    kept = str(seven.tree.xpath("//main//a[contains(., 'Hai ngày')]/@href")[0])
    assert "?view=own-" in kept
    seven.get("/outbreaks/lists/outbreaks?status=final")
    assert "status" not in str(seven.page.url), "what others wrote down is kept from now on"
    # The state is one session's; a view is the person's, in every session.
    seven.sign_in("nurse")
    seven.get(shown)
    assert "phiên làm việc trước" in seven.text and "?" not in str(seven.page.url)
    seven.get(kept)
    assert sorted(names(seven)) == ["Ổ 5", "Ổ 6"]


def test_nothing_found_says_why_and_leads_on(seven: Browser) -> None:
    seven.get("/outbreaks/lists/outbreaks?day=01/01/2020&day.until=02/01/2020")
    assert names(seven) == [] and "Không có dòng nào khớp" in seven.text


def test_columns_and_views_are_kept(seven: Browser) -> None:
    seven.get("/outbreaks/lists/outbreaks?columns=name&columns=state")
    heads = [str(e.text_content()) for e in seven.tree.xpath("//main//thead//th")]
    assert heads == ["Ổ dịch", "Tình trạng"]
    seven.get("/outbreaks/lists/outbreaks")
    assert len(seven.tree.xpath("//main//thead//th")) == 2, "the choice is kept"
    seven.post("/outbreaks/lists/outbreaks/views", title="Tuần này", query="day=05/03/2026")
    assert "Tuần này" in seven.text and "Đã lưu chế độ xem" in seven.text
    drop = str(seven.tree.xpath("//button[@name='drop']/@value")[0])
    seven.post("/outbreaks/lists/outbreaks/views", drop=drop, query="")
    assert "Tuần này" not in seven.text


def test_a_list_is_taken_away_as_csv_and_xlsx(seven: Browser) -> None:
    links = [str(each) for each in seven.tree.xpath("//a[@download]/@href")]
    csv = seven.client.get(links[0])
    assert csv.headers["content-type"].startswith("text/csv")
    assert len(csv.text.strip().splitlines()) == 8
    xlsx = seven.client.get(links[1])
    assert xlsx.content[:2] == b"PK" and "attachment" in xlsx.headers["content-disposition"]


def test_a_list_that_is_too_long_for_a_file_says_so(
    seven: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_EXPORTED", 3)
    seven.page = seven.client.get("/outbreaks/lists/outbreaks/export?file=csv")
    assert seven.page.status_code == 422 and "dài hơn 3 dòng" in seven.text


def test_an_act_is_done_on_all_rows_picked_or_on_none(seven: Browser) -> None:
    seven.sign_in("steward").get("/outbreaks/lists/to-check")
    rows = [str(each) for each in seven.tree.xpath("//input[@name='row']/@value")]
    assert len(rows) == 7
    tokens = seven.tree.xpath("//input[@name='csrfmiddlewaretoken']/@value")

    def bulk(act: str, picked: list[str], reason: str = "") -> int:
        fields = {"csrfmiddlewaretoken": str(tokens[0]), "act": act, "reason": reason}
        seven.page = seven.client.post(
            "/outbreaks/lists/to-check/bulk",
            data={**fields, "row": picked},
            follow_redirects=True,
        )
        return seven.page.status_code

    assert bulk("verify", []) == 422
    assert bulk("return", rows[:2]) == 422, "it needs a reason"
    assert bulk("return", rows[:2], "Thiếu phiếu") == 200
    seven.get("/outbreaks/lists/to-check")
    assert len(names(seven)) == 5
    assert bulk("verify", rows) == 422, "two have gone on: none is moved"
    seven.get("/outbreaks/lists/to-check")
    assert len(names(seven)) == 5
    assert bulk("destroy", rows[:1]) == 404


def test_the_queue_of_a_desk_leads_to_where_work_waits(seven: Browser) -> None:
    seven.sign_in("steward").get("/outbreaks/queues")
    assert seven.path == "/outbreaks/lists/to-check"


def test_a_spreadsheet_is_taken_row_by_row_and_its_faults_come_back(nurse: Browser) -> None:
    nurse.get("/outbreaks/lists/outbreaks")
    assert nurse.tree.xpath("//a[@href='/outbreaks/import/outbreaks']")
    nurse.get("/outbreaks/import/outbreaks")
    assert nurse.client.get("/outbreaks/import/outbreaks/sheet").content[:2] == b"PK"
    heads = "Tên ổ dịch,Ngày phát hiện,Chẩn đoán (ICD-10),Mức độ,Lạ"
    rows = ["Ổ 1,01/03/2026,urn:icd|A00,Nặng,x", "Ổ 2,31/02/2026,urn:icd|A00,Nặng,x"]
    token = str(nurse.tree.xpath("//input[@name='csrfmiddlewaretoken']/@value")[0])

    def send(*lines: str) -> None:
        file = ("o.csv", "\r\n".join([heads, *lines]).encode(), "text/csv")
        nurse.page = nurse.client.post(
            "/outbreaks/import/outbreaks",
            data={"csrfmiddlewaretoken": token},
            files={"sheet": file},
            follow_redirects=True,
        )

    send(*rows)
    report = nurse.path
    assert nurse.page.status_code == 200 and report.startswith("/outbreaks/import/outbreaks/")
    told = [
        [str(cell.text_content()) for cell in row]
        for row in nurse.tree.xpath("//*[@id='faults-table']//tbody/tr")
    ]
    assert "Lạ" in nurse.text, "a column that the form lacks is told"
    assert any(row[0] == "3" and row[1] == "Ngày phát hiện" for row in told)
    file = nurse.client.get(str(nurse.tree.xpath("//a[@download]/@href")[0]))
    assert file.content[:2] == b"PK" and "attachment" in file.headers["content-disposition"]
    send()
    assert nurse.page.status_code == 422 and "không có dòng nào" in nurse.text
    nurse.page = nurse.client.post(
        "/outbreaks/import/outbreaks", data={"csrfmiddlewaretoken": token}
    )
    assert nurse.page.status_code == 422 and "Hãy chọn một tệp" in nurse.text
    nurse.get("/outbreaks/import/outbreaks")
    assert nurse.tree.xpath(f"//a[@href='{report}']"), "the sheet can be found again"
    nurse.sign_in("steward")
    assert nurse.get(report).status_code == 404, "a sheet is its sender's alone"


def test_a_large_sheet_is_followed_to_its_end(nurse: Browser, database: SyncDatabase) -> None:
    nurse.get("/outbreaks/import/outbreaks")
    token = str(nurse.tree.xpath("//input[@name='csrfmiddlewaretoken']/@value")[0])
    heads = "Tên ổ dịch,Ngày phát hiện,Chẩn đoán (ICD-10),Mức độ,Thôn,Số ca"
    lines = [f"Ổ {n},01/03/2026,urn:icd|A00,Nặng,Bản Thử,3" for n in range(1, 131)]
    lines[119] = lines[119].replace("01/03", "31/02")
    file = ("o.csv", "\r\n".join([heads, *lines]).encode(), "text/csv")
    nurse.page = nurse.client.post(
        "/outbreaks/import/outbreaks", data={"csrfmiddlewaretoken": token},
        files={"sheet": file}, follow_redirects=True,
    )  # fmt: skip
    report = nurse.path
    assert "Đã xử lý 0 / 130 dòng" in nurse.text
    assert nurse.tree.xpath(f"//main//a[@href='{report}']"), "without script one looks again"
    hand = sheet_hand(database)
    assert hand.run_once()
    nurse.get(report)
    bar = nurse.tree.xpath("//progress")[0]
    assert (bar.get("value"), bar.get("max")) == ("100", "130")
    assert not nurse.tree.xpath("//a[@download]"), "the sheet to mend comes at the end"
    while hand.run_once():
        pass
    nurse.get(report)
    assert "1 dòng chưa nhận" in nurse.text and nurse.tree.xpath("//a[@download]")
    nurse.post("/language", language="en", next=report)
    assert "Rows not taken: 1." in nurse.text
    told = nurse.tree.xpath("//*[@id='faults-table']//tbody/tr")
    assert [str(row.text_content())[:3] for row in told] == ["121"]
