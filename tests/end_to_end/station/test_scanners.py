"""Scanners and keyboards at the station's page in Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.end_to_end.station.hall import (
    Hall,
    counts,
    in_state,
)
from tests.unit.readers.station.fakes import GTIN, SSCC, item

pytestmark = pytest.mark.chromium


def test_keys_and_a_scanner(hall: Hall) -> None:
    page = hall.open("en-GB")
    in_state(page, "ready")
    page.keyboard.press("Space")
    in_state(page, "reading")
    hall.portal.show(item(1))
    counts(page, "–not set", "1", "–not set", "–not set")
    page.keyboard.press("Escape")
    expect(page.locator("#messages")).to_contain_text("nothing was recorded")
    assert hall.agent.stored() == []
    page.locator("#fields > summary").focus()
    page.locator("#f-lot").fill("L2")
    page.locator("#f-lot").press("Enter")  # a scanner's Enter in a field starts nothing
    in_state(page, "ready")
    page.locator("#go").focus()
    page.keyboard.press("Space")  # the button has the focus: once is once
    in_state(page, "reading")
    page.keyboard.press("Escape")
    in_state(page, "ready")
    with page.expect_navigation():
        page.keyboard.press("ArrowRight")
    expect(page.locator("#point")).to_have_value("gate")
    with page.expect_navigation():
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#point")).to_have_value("dock")
    page.keyboard.press("m")
    expect(page.locator("#sound")).to_have_attribute("aria-pressed", "true")


def test_a_keyboard_scanner_is_a_reader(hall: Hall) -> None:
    page = hall.open("en-GB")
    page.goto(f"{hall.agent.url}?point=till")
    expect(page.locator("#headline .sub")).to_contain_text("Press the button")
    page.keyboard.press("Enter")
    in_state(page, "reading")
    expect(page.locator("#headline .sub")).to_contain_text("then press")  # scanners are slow: it stays open
    for code in (f"]C100{SSCC.rpartition('/')[2]}", f"(01){GTIN}(21)4711", "no code at all"):
        page.keyboard.type(f"{code}\n")
        expect(page.locator("#toast")).to_contain_text(code)
    page.keyboard.type(f"(01){GTIN}(21)")
    page.wait_for_timeout(150)  # the machine is busy: half a code is no code
    page.keyboard.type("4712\n")
    expect(page.locator("#toast")).to_contain_text(f"(01){GTIN}(21)4712")
    counts(page, "–not set", "3", "–not set", "–not set")
    page.wait_for_timeout(200)
    page.keyboard.press("Enter")
    in_state(page, "attention")
    expect(page.locator("#messages")).to_contain_text("no code at all")
    (event,) = hall.agent.stored()
    assert event["epcList"] == [SSCC, item(4711), item(4712)]
    assert event["suyuan:basis"] == "read"


def test_slow_scanners_and_people_who_type(hall: Hall) -> None:
    page = hall.open("en-GB")
    page.goto(f"{hall.agent.url}?point=till")
    page.keyboard.press("Enter")
    in_state(page, "reading")
    field = page.get_by_label("Scan, type or paste a code")
    for serial, delay in enumerate((1, 60, 120)):
        code = f"urn:epc:id:sgtin:6901234.056789.{serial}"  # whose first key is a shortcut too
        page.keyboard.type(f"{code}\n", delay=delay)
        expect(page.locator("#toast")).to_contain_text(code)
    counts(page, "–not set", "3", "–not set", "–not set")
    page.keyboard.type(SSCC[-18:], delay=200)  # a person, or a very slow scanner, without a click
    expect(field).to_have_value(SSCC[-18:])
    for _ in ("CR", "LF"):
        page.keyboard.press("Enter")
    counts(page, "–not set", "4", "–not set", "–not set")
    expect(page.locator("#e-code")).to_have_count(0)
    expect(field).to_have_value("")
    field.fill("no code")
    field.press("Enter")
    expect(page.locator("#e-code")).to_contain_text("compare it with the label")
    expect(field).to_have_value("no code")
    page.keyboard.type("nor this\n", delay=20)  # a scanner writes over what was refused, not behind it
    expect(field).to_have_value("nor this")
    field.fill(f"(01){GTIN}(21)7")
    page.get_by_role("button", name="Count it").click()
    counts(page, "–not set", "5", "–not set", "–not set")
    expect(page.locator("#e-code")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator("#go").click()
    in_state(page, "done")
    (event,) = hall.agent.stored()
    assert [epc.rpartition("/")[2] for epc in event["epcList"][3:]] == [SSCC[-18:], "7"]
    field.fill(SSCC)
    field.press("Enter")
    expect(page.locator("#e-code")).to_contain_text("Nothing is being read")
