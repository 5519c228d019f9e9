"""The station's page in Chromium: a real agent, a reader on its real protocol, and no server at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.end_to_end.station.hall import (
    NARROW,
    Agent,
    Hall,
    counts,
    expect_so_many,
    in_state,
    serials,
    wait_for_page,
)
from tests.ports import free_port
from tests.unit.readers.station.fakes import GTIN, fill_disk, item

pytestmark = pytest.mark.chromium


def test_five_tags_without_a_server_green_only_when_stored(hall: Hall) -> None:
    page = hall.open()
    in_state(page, "ready")
    expect(page.locator("#headline h1")).to_have_text("就绪")
    expect_so_many(page, 5)
    page.locator("#go").click()
    in_state(page, "reading")
    hall.portal.show(*serials(100, 3))
    counts(page, "5", "3", "2", "0")
    assert hall.agent.stored() == []
    in_state(page, "reading")
    hall.portal.show(*serials(103, 2))
    counts(page, "5", "5", "0", "0")
    in_state(page, "done")
    (event,) = hall.agent.stored()
    assert sorted(event["epcList"]) == sorted(serials(100, 5))
    assert event["ilmd"]["cbvmda:lotNumber"] == "L20261121A"
    expect(page.locator("#headline h1")).to_have_text("完成")
    expect(page.locator("#headline .sub")).to_contain_text("记录 1")
    expect(page.locator("#tags .tag")).to_have_count(5)
    expect(page.locator("#tags .tag").first).to_contain_text("L20261121A")
    expect(page.locator("#footer")).to_contain_text("待传 1")
    expect(page.locator("#footer")).to_contain_text("平台 无法连接")
    expect(page.locator("#footer")).to_contain_text("读 5")
    assert page.locator("#f-lot").input_value() == "L20261121A"
    assert page.locator("#f-expected_count").input_value() == ""
    assert page.evaluate("document.documentElement.dataset.sounded") == "2 sine"


def test_what_cannot_be_stored_is_never_green(hall: Hall) -> None:
    page = hall.open()
    in_state(page, "ready")
    page.evaluate(
        "window.states = [];"
        "new MutationObserver(() => window.states.push(document.body.className))"
        ".observe(document.body, {attributes: true, attributeFilter: ['class']})"
    )
    mend = fill_disk(hall.agent.folder)
    page.keyboard.press("Enter")
    in_state(page, "reading")
    hall.portal.show(*serials(100, 2))
    in_state(page, "stop")
    expect(page.locator("#headline h1")).to_have_text("请拦下")
    expect(page.locator("#messages")).to_contain_text("无法保存记录")
    assert hall.agent.stored() == []
    assert not any("state-done" in each for each in page.evaluate("window.states"))
    mend()
    page.keyboard.press("Enter")
    in_state(page, "reading")
    hall.portal.show(*serials(100, 2))
    in_state(page, "done")
    assert len(hall.agent.stored()) == 1


def test_the_network_goes_and_comes(hall: Hall) -> None:
    hall.platform.open()
    page = hall.open("en-GB")
    expect(page.locator("#footer")).to_contain_text("platform connected", timeout=20_000)
    hall.platform.close()
    for number in (1, 2):
        page.locator("#go").click()
        in_state(page, "reading")
        hall.portal.show(item(number))
        in_state(page, "done")
        expect(page.locator("#footer")).to_contain_text(f"waiting {number}")
    expect(page.locator("#footer")).to_contain_text("platform away")
    hall.platform.open()
    expect(page.locator("#footer")).to_contain_text("waiting 0", timeout=20_000)
    assert [e["suyuan:sequence"] for e in hall.platform.events] == [1, 2]


def test_the_last_step_is_undone_with_a_reason(hall: Hall) -> None:
    page = hall.open("en-GB")
    page.keyboard.press("Enter")
    in_state(page, "reading")
    hall.portal.show(*serials(1, 2))
    in_state(page, "done")
    page.keyboard.press("u")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 objects")
    dialog.get_by_role("button", name="Declare it wrong").click()
    assert len(hall.agent.stored()) == 1  # a reason is needed
    dialog.get_by_label("It did not happen").check()
    dialog.get_by_label("Note").fill("a test")
    dialog.get_by_role("button", name="Declare it wrong").click()
    in_state(page, "ready")
    expect(page.locator("#messages")).to_contain_text("declared wrong")
    event, declared = hall.agent.stored()
    told = declared.pop("errorDeclaration")
    assert declared == event
    assert (told["reason"], told["suyuan:note"]) == ("did_not_occur", "a test")
    expect(page.locator("#undo-open")).to_be_hidden()


def test_a_recalled_item_is_stopped_by_the_list_of_yesterday(hall: Hall) -> None:
    hall.platform.open()
    page = hall.open()
    expect(page.locator("#footer")).to_contain_text("停售名单 0 秒前", timeout=20_000)
    hall.platform.close()
    assert hall.agent.end() == 0
    hall.agent.start()
    hall.portal.listening()
    wait_for_page(hall.agent)
    page = hall.open()
    page.locator("#point").select_option("gate")
    expect(page.locator("#step")).to_have_value("ship")
    page.locator("#go").click()
    expect(page.locator("#e-receiver")).to_contain_text("不会有人收到这次发货的通知")
    page.get_by_label("不通知任何人").check()
    page.locator("#go").click()
    in_state(page, "reading")
    hall.portal.show(item(1), item(666), antenna=2)
    in_state(page, "stop")  # while the pass is still open
    expect(page.locator("#headline .sign-stop")).to_be_visible()
    expect(page.locator("#messages")).to_contain_text("R2026-0007")
    expect(page.locator("#headline .sub")).to_contain_text("记录 1")
    in_state(page, "stop")
    event, sighting = hall.agent.stored()
    assert event["epcList"] == [item(1)]
    assert (sighting["epcList"], sighting["suyuan:refused"]) == ([item(666)], "ship")
    expect(page.locator("#tags .refused")).to_contain_text("未计入")
    assert page.evaluate("document.documentElement.dataset.sounded") == "3 square"


def test_a_lot_of_the_job_before_is_seen_and_stops_what_contradicts_it(hall: Hall) -> None:
    page = hall.open("en-GB")
    page.goto(f"{hall.agent.url}?point=till&step=commission")
    page.locator("#f-product").fill(GTIN)
    page.locator("#f-lot").fill("L1")
    for serial, lot in ((1, "L1"), (2, "L2")):
        page.locator("#go").click()
        in_state(page, "reading")
        page.keyboard.type(f"https://id.gs1.org/01/{GTIN}/10/{lot}/21/{serial}\n")
        counts(page, "–not set", "1", "–not set", "–not set")
        if lot == "L1":
            page.locator("#go").click()
            in_state(page, "done")
            expect(page.locator("#gist")).to_contain_text("Lot L1")
            expect(page.locator("#gist")).to_be_visible()
    in_state(page, "stop")
    expect(page.locator("#messages")).to_contain_text("field says L1, the goods are of lot L2")
    page.locator("#go").click()
    expect(page.locator("#headline .sub")).to_contain_text("Not recorded")
    in_state(page, "stop")
    assert len(hall.agent.stored()) == 1


def test_the_agent_dies_and_comes_back(hall: Hall) -> None:
    page = hall.open()
    in_state(page, "ready")
    hall.agent.kill()
    expect(page.locator("#lost")).to_be_visible(timeout=15_000)
    expect(page.locator("#lost")).to_contain_text("与站点失去连接")
    expect(page.locator("#go")).to_be_disabled()
    hall.agent.start()
    expect(page.locator("#lost")).to_be_hidden(timeout=30_000)
    hall.portal.listening()
    page.locator("#go").click()
    in_state(page, "reading")
    hall.portal.show(item(1))
    in_state(page, "done")


def test_a_station_without_configuration_and_a_taken_port(tmp_path: Path, browser: Browser) -> None:
    agent = Agent(tmp_path, free_port())
    (tmp_path / "station.toml").write_text(f'[page]\nlisten = "127.0.0.1:{agent.port}"\n')
    agent.start()
    try:
        wait_for_page(agent)
        page = browser.new_page(locale="zh-CN", viewport=NARROW)  # type: ignore[arg-type]
        page.goto(agent.url)
        expect(page.locator("h1")).to_have_text("尚未就绪")
        expect(page.locator("main")).to_contain_text("缺少 station")
        second = Agent(tmp_path, agent.port)
        second.start()
        assert second.process is not None
        assert second.process.wait(20) == 2
        assert f"cannot listen on 127.0.0.1:{agent.port}" in (tmp_path / "err").read_text()
        page.close()
        assert agent.end() == 0
    finally:
        if agent.process is not None and agent.process.poll() is None:
            agent.kill()
