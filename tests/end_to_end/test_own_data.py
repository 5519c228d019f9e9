"""Without sample data: a producer, a shop and an authority begin, and one package goes the whole way.

Everything is done as people do it: the README's commands, forms in a browser, a reader over LLRP, a phone's
page. Nothing is put into the store by the back door.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.end_to_end.programs import Reader, environ, running, suyuan, wait_for
from tests.ports import free_port

expect.set_options(timeout=20_000)
PRODUCER, SHOP, AUTHORITY = "9521234000006", "9521234000013", "9521234000020"
PLANT, STORE = "9521234000037", "9521234000044"
GTIN = "09521234000051"
LOT = "L20261121"
ITEMS = 3
PASSWORD = "a sentence that officers remember"


@dataclass(frozen=True)
class Own:
    """An installation of one's own: where it is, and the administrator's password."""

    folder: Path
    url: str
    environ: dict[str, str]
    password: str


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    folder = tmp_path_factory.mktemp("own")
    port = free_port()
    settings = environ(folder / "var", port)
    told = suyuan("init", "--generate", environ=settings)
    found = re.search(r"password (\S+)", told)
    assert found
    with running("serve", environ=settings, log=folder / "server.log"):
        url = f"http://localhost:{port}"
        wait_for(f"{url}/readyz")
        yield Own(folder, url, settings, found[1])


def signed_in(browser: Browser, own: Own, name: str, password: str, language: str = "en-GB") -> Page:
    page = browser.new_context(locale=language, timezone_id="Asia/Shanghai").new_page()
    page.goto(f"{own.url}/console")
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.locator("main button").click()
    page.wait_for_url("**/console*")
    return page


def press(page: Page, name: str) -> None:
    """Press the button of that name, and see that the page has nothing to object."""
    page.get_by_role("button", name=name, exact=True).first.click()
    page.wait_for_load_state()
    assert not page.locator(".summary").count(), page.locator(".summary").inner_text()


def entered(page: Page, own: Own, kind: str, **told: str | list[str]) -> None:
    """Fill in a form of the register and send it; warnings are looked at and confirmed."""
    page.goto(f"{own.url}/console/register/{kind}/new")
    for name, value in told.items():
        field = page.locator(f"[name={name}]")
        if isinstance(value, list):
            for one in value:
                page.locator(f"[name={name}][value='{one}']").check()
        elif field.first.evaluate("element => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.locator("main form .buttons button").first.click()
    if page.locator("#warnings").count():
        for box in page.locator("#warnings input[type=checkbox]").all():
            box.check()
        page.locator("main form .buttons button").first.click()
    assert not page.locator(".summary").count(), page.locator(".summary").inner_text()


def registered(browser: Browser, own: Own) -> Page:
    page = signed_in(browser, own, "admin", own.password)
    everywhere = [
        "farm",
        "slaughter",
        "processing",
        "storage",
        "transport",
        "wholesale",
        "retail",
        "catering",
    ]
    entered(
        page, own, "party", identifier=AUTHORITY, roles=["authority"], name_zh="杭州市市场监督管理局",
        name_en="Hangzhou market regulation", district="330100", stages=[*everywhere, "import"],
        regions="000000",
    )  # fmt: skip
    entered(
        page, own, "party", identifier=PRODUCER, roles=["producer"], name_zh="青禾食品有限公司",
        name_en="Qinghe Foods", district="330106", phone="0571 1234 5678",
    )  # fmt: skip
    entered(
        page, own, "party", identifier=SHOP, roles=["shop"], name_zh="望江路便利店",
        name_en="Wangjiang Road shop", district="330102",
    )  # fmt: skip
    entered(
        page, own, "place", identifier=PLANT, party=PRODUCER, stage="processing", name_zh="青禾一厂",
        name_en="Qinghe plant 1", district="330106",
    )  # fmt: skip
    entered(
        page, own, "place", identifier=STORE, party=SHOP, stage="retail", name_zh="望江路店",
        name_en="Wangjiang Road", district="330102",
    )  # fmt: skip
    entered(
        page, own, "product", identifier=GTIN, name_zh="凉拌生菜", name_en="Lettuce salad", producer=PRODUCER,
        net_content="250 g", shelf_life_days="5", storage_zh="0-4 ℃ 冷藏", ingredients_zh="生菜、芝麻酱",
    )  # fmt: skip
    entered(page, own, "lot", product=GTIN, lot=LOT, production_date=datetime.now(UTC).date().isoformat())
    return page


def labels(page: Page, own: Own, subject: str, count: int) -> list[dict[str, str]]:
    """Labels made in the console: the rows of their list of tags."""
    page.goto(f"{own.url}/console/labels")
    option = page.locator("#subject option", has_text=subject).first.get_attribute("value")
    page.select_option("#subject", option)
    page.fill("#count", str(count))
    page.locator("[name=carrier][value=uhf]").check()
    page.fill("[name=prefix]", "9521234")
    press(page, "Make the labels")
    with page.expect_download() as started:
        page.locator("a[href$='tags.csv']").first.click()
    text = started.value.path().read_text("utf-8-sig")
    heading, *rows = csv.reader(text.splitlines())
    return [dict(zip(heading, row, strict=True)) for row in rows]


@contextmanager
def station(own: Own, page: Page, browser: Browser, reader: Reader) -> Generator[Page]:
    """A station that is enrolled by a code of the console and set up on its own page."""
    page.goto(f"{own.url}/console/devices")
    page.locator("[name=kind][value=station]").check()
    page.fill("#name", "Line 1")
    page.select_option("#place", place(PLANT))
    press(page, "Make a code")
    found = re.search(r"http\S+#[0-9A-Z-]+", page.locator("pre").inner_text())
    assert found
    port = free_port()
    folder = own.folder / "line-1"
    folder.mkdir()
    file = folder / "station.toml"
    file.write_text(f'[page]\nlisten = "127.0.0.1:{port}"\n')
    with running("station", "run", str(file), environ=own.environ, log=folder / "station.log"):
        url = f"http://127.0.0.1:{port}"
        wait_for(url)
        screen = browser.new_context(locale="en-GB", timezone_id="Asia/Shanghai").new_page()
        screen.goto(f"{url}/setup")
        screen.fill("#code", found[0])
        screen.get_by_role("button", name="Join").click()
        expect(screen.get_by_text(f"Joined {own.url}")).to_be_visible()
        screen.fill("#url", reader.emulator.url)
        screen.get_by_role("button", name="Connect").click()
        screen.wait_for_url("**/setup/antennas")
        for number, (name, step) in enumerate(
            (("Tagging", "commission"), ("Packing", "pack"), ("Gate", "ship")), 1
        ):
            screen.fill(f"#name-{number}", name)
            screen.select_option(f"#step-{number}", step)
        screen.locator("[name=untested]").check()
        screen.get_by_role("button", name="Save and start").click()
        screen.wait_for_url(f"{url}/")
        yield screen


def place(gln: str) -> str:
    return f"https://id.gs1.org/414/{gln}"


def read(screen: Page, reader: Reader, point: str, antenna: int, epcs: list[str], **told: str) -> None:
    """One pass at a read point of the station, from the button to the green screen."""
    screen.goto(f"{origin(screen.url)}/?point={point}")
    if told and not screen.locator("#fieldset").is_visible():
        screen.locator("#fields summary").first.click()
    for name, value in told.items():
        screen.fill(f"#f-{name}", value)
    screen.locator("#go").click()
    expect(screen.locator("body")).to_have_class(re.compile("reading"))
    reader.hold(antenna, *epcs)
    expect(screen.get_by_role("heading", level=1)).to_have_text("done", timeout=20_000)


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def account_by_command(own: Own, name: str, role: str, party: str) -> str:
    """A new account's password, as the command prints it."""
    key = f"https://id.gs1.org/417/{party}"
    told = suyuan("account", "create", name, "--role", role, "--party", key, environ=own.environ)
    found = re.search(r"password (\S+)", told)
    assert found, told
    return found[1]


def account(admin: Page, own: Own, name: str, role: str, party: str) -> str:
    """A new account's password, as the console shows it once."""
    admin.goto(f"{own.url}/console/accounts")
    admin.locator(f"[name=role][value={role}]").check()
    admin.fill("#name", name)
    admin.select_option("#party", f"https://id.gs1.org/417/{party}")
    admin.locator("main form .buttons button").click()
    return admin.locator("strong.code").inner_text().replace(" ", "")


def code_for(page: Page, own: Own, kind: str, name: str, gln: str) -> str:
    """The link of a one-time code that lets one device in."""
    page.goto(f"{own.url}/console/devices")
    page.locator(f"[name=kind][value={kind}]").check()
    page.fill("#name", name)
    page.select_option("#place", place(gln))
    press(page, "Make a code")
    text = page.locator(".code-card strong.code").inner_text()
    return f"{own.url}/enrol#{text}"


def phone(own: Own, page: Page, browser: Browser) -> Page:
    """A phone that is enrolled by a code of the shop's own account."""
    context = browser.new_context(
        locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 360, "height": 740}, has_touch=True
    )
    screen = context.new_page()
    screen.goto(code_for(page, own, "phone", "王店长的手机", STORE))
    screen.get_by_role("button", name="登记").click()
    screen.wait_for_url("**/phone*")
    expect(screen.locator("[data-view=home]")).to_be_visible()
    return screen


def done_on_phone(screen: Page, action: str, code: str, button: str) -> None:
    screen.locator(f"[data-action={action}]").click()
    screen.fill("#code", code)
    screen.locator("#code").press("Enter")
    screen.locator(button).click()
    expect(screen.locator("[data-view=done]")).to_be_visible()
    screen.locator("#home").click()


def verdict(browser: Browser, link: str, language: str = "en-GB") -> str:
    """What a shopper reads first."""
    page = browser.new_context(locale=language, viewport={"width": 360, "height": 740}).new_page()
    page.goto(link)
    told = page.locator("#verdict").inner_text()
    page.context.close()
    return told


def complained(browser: Browser, link: str) -> str:
    """A shopper's report from the page of the package: its number."""
    page = browser.new_context(locale="zh-CN", viewport={"width": 360, "height": 740}).new_page()
    page.goto(link)
    page.get_by_role("link", name="在这里报告问题").click()
    page.locator("[name=trouble][value=illness]").check()
    page.fill("#description", "孩子食用后腹泻，当天下午开始。")
    page.fill("#bought_at", "望江路店")
    page.fill("#contact", "138 0013 8000")
    page.get_by_role("button", name="提交报告").click()
    page.wait_for_url("**/report/*")
    number = page.locator(".ticket .figure").inner_text()
    page.context.close()
    return number


def drafted(officer: Page, own: Own, number: str) -> str:
    """From a report to the draft of a recall of the lot: the number of the case."""
    officer.goto(f"{own.url}/console/complaints/{number}")
    officer.get_by_role("link", name="Trace back").click()
    expect(officer.locator("main")).to_contain_text("Lettuce salad")
    officer.goto(f"{own.url}/console/scope?suspect=https://id.gs1.org/01/{GTIN}/10/{LOT}")
    officer.locator("a[href^='/console/draft']").first.click()
    for name, told in (
        ("title_zh", "召回凉拌生菜"),
        ("title_en", "Recall of lettuce salad"),
        ("reason_zh", "疑似沙门氏菌污染"),
        ("reason_en", "Salmonella suspected"),
    ):
        officer.fill(f"[name={name}]", told)
    officer.locator("[name=hazard][value=microbial]").check()
    officer.locator("[name=recall_class][value='1']").check()
    press(officer, "Continue")
    officer.locator("[name=initiative][value=ordered]").check()
    officer.fill("[name=operator]", "Qinghe Foods")
    officer.fill("[name=known_at]", (datetime.now(UTC) + timedelta(hours=7)).strftime("%Y-%m-%dT%H:%M"))
    press(officer, "Continue")
    officer.fill("[name=what_to_do_zh]", "请勿食用，退回购买处。")
    officer.fill("[name=what_to_do_en]", "Do not eat it; take it back to the shop.")
    officer.fill("[name=contact]", "0571 1234 5678")
    press(officer, "Continue")
    press(officer, "Save the draft")
    officer.wait_for_url("**/console/case/*")
    return urlsplit(officer.url).path.rpartition("/")[2]


def looked_up(hand: Page, link: str, told: str) -> None:
    """What the phone says about a code at the sale."""
    hand.fill("#code", link)
    hand.locator("#code").press("Enter")
    expect(hand.locator("#work")).to_contain_text(told)


def decided(first: Page, second: Page, own: Own, case: str, act: str, button: str) -> None:
    """One officer proposes, another confirms."""
    first.goto(f"{own.url}/console/case/{case}")
    first.fill(f"#reason-{act}", "Laboratory result S-77")
    if first.locator(f"#sure-{act}").count():
        first.locator(f"#sure-{act}").check()
    press(first, button)
    assert not first.get_by_role("button", name=re.compile("^Confirm")).count()  # not alone
    second.goto(f"{own.url}/console/case/{case}")
    second.locator("#sure-proposal-confirm").check()
    second.get_by_role("button", name=re.compile("^Confirm")).click()
    second.wait_for_load_state()
    assert not second.locator(".summary").count(), second.locator(".summary").inner_text()


def test_the_whole_way(own: Own, browser: Browser) -> None:
    admin = registered(browser, own)
    producer = signed_in(browser, own, "zhao", account_by_command(own, "zhao", "company", PRODUCER))
    shop = signed_in(browser, own, "wang", account(admin, own, "wang", "company", SHOP))
    li = signed_in(browser, own, "li", account(admin, own, "li", "regulator", AUTHORITY))
    chen = signed_in(browser, own, "chen", account(admin, own, "chen", "regulator", AUTHORITY))
    items = labels(producer, own, LOT, ITEMS)
    [unit] = labels(producer, own, "Logistic units", 1)
    assert verdict(browser, items[0]["link"]) == "No record found"  # a label is nobody's item yet
    with Reader() as reader, station(own, producer, browser, reader) as screen:
        epcs = [row["epc"] for row in items]
        read(screen, reader, "Tagging", 1, epcs, product=GTIN, lot=LOT)
        read(screen, reader, "Packing", 2, [*epcs, unit["epc"]])
        read(screen, reader, "Gate", 3, [unit["epc"]], receiver=SHOP)
        expect(screen.locator("#footer")).to_contain_text("waiting 0", timeout=20_000)
    hand = phone(own, shop, browser)
    done_on_phone(hand, "receive", unit["link"], "#accept")
    done_on_phone(hand, "stock", items[0]["link"], "#finish")
    done_on_phone(hand, "sell", items[0]["link"], "#finish")
    expect(hand.locator("#depth")).to_contain_text("0", timeout=20_000)
    sold, left = items[0]["link"], items[1]["link"]
    assert verdict(browser, sold) == "Sold, as recorded"
    assert verdict(browser, left) == "On record"
    number = complained(browser, sold)
    case = drafted(li, own, number)
    decided(li, chen, own, case, "hold", "Propose a hold")
    assert verdict(browser, left) == "On hold"
    hand.locator("[data-action=sell]").click()
    looked_up(hand, left, "暂停销售")
    decided(chen, li, own, case, "publish", "Propose the recall")
    assert verdict(browser, left) == "Recalled"
    assert verdict(browser, sold, "zh-CN") == "召回产品"
    decided(chen, li, own, case, "complete", "Propose to complete the recall")
    assert verdict(browser, left) == "Recalled"  # what turns up later is recalled all the same
    looked_up(hand, left, "已召回")
    decided(li, chen, own, case, "release", "Propose to lift the recall")
    assert verdict(browser, left) == "On record"
    looked_up(hand, left, "可以销售")
    li.goto(f"{own.url}/console/case/{case}")
    assert li.locator(".log li").count() >= 7  # nothing of what was decided is gone
